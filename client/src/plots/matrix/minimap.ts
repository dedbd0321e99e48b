import { canvasPixel } from "../../compute/scale/ramp";
import { brightness, type Contrast } from "../../compute/scale/scale";
import { pixelRatio, type Box, type Pen } from "../pen";
import type { Theme } from "../theme";
import type { MatrixLayout } from "./layout";

const LEAST_SIDE = 36;
const MOST_SIDE = 112;
const AROUND = 14;

/**
 * The square in which the whole matrix is shown: above the row labels, where nothing else is. Null if it would be
 * too small.
 */
export function minimapBox({ grid }: MatrixLayout): Box | null {
  const side = Math.min(MOST_SIDE, grid.x - 2 * AROUND, grid.y - 2 * AROUND);
  return side < LEAST_SIDE
    ? null
    : { x: grid.x - AROUND - side, y: grid.y - AROUND - side, width: side, height: side };
}

/** The part of the minimap that the matrix shows now. */
export function shownPart({ grid, scrollX, scrollY, fullSize }: MatrixLayout, side: number): Box {
  const scale = side / fullSize;
  return {
    x: scrollX * scale,
    y: scrollY * scale,
    width: grid.width * scale,
    height: grid.height * scale,
  };
}

/**
 * Draws the whole matrix in a small square; greater values have more ink.
 *
 * @param pixels as of overviewOf
 * @param size pixels along each side
 */
export function drawMinimap(
  pen: Pen,
  side: number,
  pixels: Float64Array,
  size: number,
  contrast: Contrast,
  theme: Theme,
): void {
  const length = Math.round(side * pixelRatio(pen));
  const image = new ImageData(length, length);
  const words = new Uint32Array(image.data.buffer);
  const [from, to] = [canvasPixel(theme.surface), canvasPixel(theme.ink)];
  const mixed = (bright: number, shift: number) => {
    const [low, high] = [(from >>> shift) & 255, (to >>> shift) & 255];
    return Math.round(low + (high - low) * bright) << shift;
  };
  for (let y = 0; y < length; y++) {
    const row = Math.floor((y * size) / length) * size;
    for (let x = 0; x < length; x++) {
      const bright = brightness(pixels[row + Math.floor((x * size) / length)], contrast);
      words[y * length + x] = (255 << 24) | mixed(bright, 16) | mixed(bright, 8) | mixed(bright, 0);
    }
  }
  pen.putImageData(image, 0, 0);
  pen.strokeStyle = theme.line;
  pen.strokeRect(0.5, 0.5, side - 1, side - 1);
}

/** Draws around the part that the matrix shows. */
export function drawShownPart(pen: Pen, { x, y, width, height }: Box, theme: Theme): void {
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(x + 0.75, y + 0.75, Math.max(3, width - 1.5), Math.max(3, height - 1.5));
}
