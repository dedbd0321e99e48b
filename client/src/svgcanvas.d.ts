declare module "svgcanvas" {
  /** A canvas context that writes SVG. */
  export class Context {
    constructor(options: { width: number; height: number });
    font: string;
    textAlign: string;
    textBaseline: string;
    fillText(text: string, x: number, y: number): void;
    fillRect(x: number, y: number, width: number, height: number): void;
    getSvg(): SVGSVGElement;
    getSerializedSvg(): string;
  }
}
