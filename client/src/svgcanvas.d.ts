declare module "svgcanvas" {
  /** A canvas context that writes SVG. */
  export class Context {
    constructor(options: { width: number; height: number });
    font: string;
    fillText(text: string, x: number, y: number): void;
    getSvg(): SVGSVGElement;
    getSerializedSvg(): string;
  }
}
