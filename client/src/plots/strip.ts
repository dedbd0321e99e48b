import { cssColor } from "../compute/scale/ramp";
import { isVector, type Box, type Pen } from "./pen";

/**
 * How many pixels a strip is computed for, if all boxes are at least this long. A box that is a pixel
 * longer repeats one; a shorter box would lose the epochs of a pixel.
 */
export function stripPixels(length: number, ratio: number): number {
  return Math.max(1, Math.floor(length * ratio));
}

/** Strips of colours within a box: all that are drawn appear together, at `flush`. */
export interface StripLayer {
  /** Device pixels per unit of the pen. */
  readonly ratio: number;
  /**
   * Draws a row of colours side by side (one above the other if `down`).
   *
   * @param colors canvas pixels, stretched over the box
   */
  draw(box: Box, colors: Uint32Array, down: boolean): void;
  flush(): void;
}

/** @param ground the colour between the strips, as a canvas pixel */
export function stripLayer(pen: Pen, box: Box, ground: number): StripLayer {
  return isVector(pen) ? new VectorLayer(pen) : new PixelLayer(pen, box, ground);
}

const images = new WeakMap<HTMLCanvasElement, Map<string, ImageData>>();
/** Cells, FN, FP and legend of one size of the matrix. */
const MOST_IMAGES = 4;

/** Pixels to fill and put. Kept as long as the canvas, because the matrix takes megabytes in every paint. */
function imageOf(canvas: HTMLCanvasElement, width: number, height: number): ImageData {
  let kept = images.get(canvas);
  if (!kept) images.set(canvas, (kept = new Map()));
  const key = `${width} ${height}`;
  let image = kept.get(key);
  if (!image) {
    if (kept.size >= MOST_IMAGES) kept.clear();
    image = new ImageData(width, height);
    kept.set(key, image);
  }
  return image;
}

/** On a canvas: one block of pixels, without blurred edges and without a call for each of hundreds of strips. */
class PixelLayer implements StripLayer {
  readonly ratio: number;
  private readonly left: number;
  private readonly top: number;
  private readonly region: Region;
  private readonly image: ImageData | null;
  private readonly pixels: Uint32Array;

  constructor(
    private readonly pen: Pen,
    box: Box,
    ground: number,
  ) {
    // putImageData ignores the pen's origin.
    ({ a: this.ratio, e: this.left, f: this.top } = pen.getTransform());
    this.region = this.regionOf(box);
    const { width, height } = this.region;
    this.image = width > 0 && height > 0 ? imageOf(pen.canvas, width, height) : null;
    this.pixels = this.image ? new Uint32Array(this.image.data.buffer) : new Uint32Array();
    this.pixels.fill(ground);
  }

  private regionOf({ x, y, width, height }: Box): Region {
    const [left, top] = [
      Math.round(this.left + x * this.ratio),
      Math.round(this.top + y * this.ratio),
    ];
    return {
      x: left,
      y: top,
      width: Math.round(this.left + (x + width) * this.ratio) - left,
      height: Math.round(this.top + (y + height) * this.ratio) - top,
    };
  }

  draw(box: Box, colors: Uint32Array, down: boolean): void {
    const { x, y, width, height } = this.regionOf(box);
    const { region, pixels } = this;
    const [left, top] = [x - region.x, y - region.y];
    const [from, to] = [Math.max(0, left), Math.min(region.width, left + width)];
    const [first, end] = [Math.max(0, top), Math.min(region.height, top + height)];
    if (from >= to || first >= end) return;
    if (down) {
      for (let row = first; row < end; row++) {
        const color = colors[Math.floor(((row - top) * colors.length) / height)];
        pixels.fill(color, row * region.width + from, row * region.width + to);
      }
      return;
    }
    const start = first * region.width;
    if (from === left && to === left + width && width === colors.length)
      pixels.set(colors, start + from);
    else
      for (let column = from; column < to; column++) {
        pixels[start + column] = colors[Math.floor(((column - left) * colors.length) / width)];
      }
    for (let row = first + 1; row < end; row++)
      pixels.copyWithin(row * region.width + from, start + from, start + to);
  }

  flush(): void {
    if (this.image) this.pen.putImageData(this.image, this.region.x, this.region.y);
  }
}

/** A box in whole device pixels. */
interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** In an SVG: a rectangle for every run of equal colours. */
class VectorLayer implements StripLayer {
  readonly ratio = 1;

  constructor(private readonly pen: Pen) {}

  draw(box: Box, colors: Uint32Array, down: boolean): void {
    const step = (down ? box.height : box.width) / colors.length;
    for (let from = 0; from < colors.length;) {
      let to = from + 1;
      while (to < colors.length && colors[to] === colors[from]) to++;
      this.pen.fillStyle = cssColor(colors[from]);
      if (down) this.pen.fillRect(box.x, box.y + from * step, box.width, (to - from) * step);
      else this.pen.fillRect(box.x + from * step, box.y, (to - from) * step, box.height);
      from = to;
    }
  }

  flush(): void {}
}
