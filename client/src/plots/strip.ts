import { cssColor } from "../compute/ramp";
import { isVector, type Box, type Pen } from "./pen";

/**
 * Pixels that a strip is worked out for, where boxes have at least this length. A box that is a
 * pixel longer repeats one; one that were shorter would lose the epochs of a pixel.
 */
export function stripPixels(length: number, ratio: number): number {
  return Math.max(1, Math.floor(length * ratio));
}

/**
 * Draws a row of colours side by side (one above the other if `down`). A colour of 0 is left out.
 *
 * @param colors canvas pixels, stretched over the box
 */
export function drawStrip(pen: Pen, box: Box, colors: Uint32Array, down: boolean): void {
  if (isVector(pen)) drawVector(pen, box, colors, down);
  else drawPixels(pen, box, colors, down);
}

const blocks = new Map<string, ImageData>();

/** A block of pixels to fill and put: bands are of few sizes, and there are hundreds in a paint. */
function blockOf(width: number, height: number): ImageData {
  const key = `${width} ${height}`;
  let block = blocks.get(key);
  if (!block) {
    if (blocks.size >= 32) blocks.clear();
    block = new ImageData(width, height);
    blocks.set(key, block);
  }
  return block;
}

/** Canvas: one block of pixels, free of blurred edges and of one call per pixel. */
function drawPixels(pen: Pen, box: Box, colors: Uint32Array, down: boolean): void {
  // Pixels are put where they are told, whatever the pen's origin.
  const { a: ratio, e: left, f: top } = pen.getTransform();
  const [x, y] = [Math.round(left + box.x * ratio), Math.round(top + box.y * ratio)];
  const across = Math.round(left + (box.x + box.width) * ratio) - x;
  const tall = Math.round(top + (box.y + box.height) * ratio) - y;
  if (across < 1 || tall < 1) return;
  const colorAt = (pixel: number, length: number) => colors[Math.floor((pixel * colors.length) / length)];
  const image = blockOf(across, tall);
  const pixels = new Uint32Array(image.data.buffer);
  if (down) {
    for (let row = 0; row < tall; row++) pixels.fill(colorAt(row, tall), row * across, (row + 1) * across);
  } else {
    for (let column = 0; column < across; column++) pixels[column] = colorAt(column, across);
    for (let row = 1; row < tall; row++) pixels.copyWithin(row * across, 0, across);
  }
  pen.putImageData(image, x, y);
}

/** SVG: a rectangle for every run of equal colours. */
function drawVector(pen: Pen, box: Box, colors: Uint32Array, down: boolean): void {
  const step = (down ? box.height : box.width) / colors.length;
  for (let from = 0; from < colors.length; ) {
    let to = from + 1;
    while (to < colors.length && colors[to] === colors[from]) to++;
    if (colors[from]) {
      pen.fillStyle = cssColor(colors[from]);
      if (down) pen.fillRect(box.x, box.y + from * step, box.width, (to - from) * step);
      else pen.fillRect(box.x + from * step, box.y, (to - from) * step, box.height);
    }
    from = to;
  }
}
