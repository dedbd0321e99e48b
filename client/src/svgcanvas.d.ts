declare module "svgcanvas" {
  /** A 2D canvas context that writes SVG. */
  export class Context {
    constructor(options: { width: number; height: number });
    getSerializedSvg(fixNamedEntities?: boolean): string;
  }
}
