import { shortenApart, withoutMiddle } from "../compute/text/shorten";

/**
 * What charts draw with: a canvas context, or svgcanvas' context of the same shape, so that an
 * exported SVG shows the same as the screen.
 */
export type Pen = CanvasRenderingContext2D;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function contains({ x, y, width, height }: Box, px: number, py: number): boolean {
  return px >= x && px < x + width && py >= y && py < y + height;
}

/** Sizes a canvas for the screen's pixels and returns its context, scaled to CSS pixels. */
export function prepareCanvas(canvas: HTMLCanvasElement, width: number, height: number): Pen {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/** Device pixels per unit of the pen. */
export function pixelRatio(pen: Pen): number {
  if (isVector(pen)) return 1;
  // The pen may be turned, as it is for lines from top to bottom.
  const { a, b } = pen.getTransform();
  return Math.hypot(a, b);
}

export function isVector(pen: Pen): boolean {
  return "getSerializedSvg" in pen;
}

/** Draws within a box only. */
export function clipped(pen: Pen, { x, y, width, height }: Box, draw: () => void): void {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  draw();
  pen.restore();
}

const fitted = new Map<string, string>();

/** A text that fits: if it is too long, an ellipsis replaces its middle, because names often differ at their ends. */
export function fitText(pen: Pen, text: string, width: number): string {
  const key = `${pen.font}|${Math.floor(width)}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  if (fitted.size > 5000) fitted.clear();
  let fit = text;
  if (pen.measureText(text).width > width) {
    const characters = Array.from(text);
    let [low, high] = [0, characters.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pen.measureText(withoutMiddle(characters, middle)).width <= width) low = middle;
      else high = middle - 1;
    }
    fit = low ? withoutMiddle(characters, low) : "";
  }
  fitted.set(key, fit);
  return fit;
}

const fittedApart = new WeakMap<readonly string[], Map<string, string[]>>();
/** Widths for which an array's texts are kept: those of the plots, and a few that a resize passes. */
const MOST_WIDTHS = 16;

/** Texts that fit and stay distinct, in the order given; computed once for an array. */
export function fitTexts(pen: Pen, texts: readonly string[], width: number): string[] {
  let known = fittedApart.get(texts);
  if (!known) fittedApart.set(texts, (known = new Map()));
  const key = `${pen.font}|${Math.floor(width)}`;
  let fits = known.get(key);
  if (!fits) {
    if (known.size >= MOST_WIDTHS) known.clear();
    const shorten = (text: string) => fitText(pen, text, width);
    known.set(key, (fits = shortenApart(texts, shorten, (text) => fitStart(pen, text, width))));
  }
  return fits;
}

let ruler: Pen | undefined;

/** Measures texts of the page itself, in a CSS font. */
export function rulerOf(font: string): Pen {
  ruler ??= document.createElement("canvas").getContext("2d")!;
  ruler.font = font;
  return ruler;
}

/** The start of a text that fits. */
function fitStart(pen: Pen, text: string, width: number): string {
  const characters = Array.from(text);
  if (pen.measureText(text).width <= width) return text;
  let length = characters.length;
  const cut = () => `${characters.slice(0, length).join("").trimEnd()}…`;
  while (length > 0 && pen.measureText(cut()).width > width) length--;
  return length ? cut() : "";
}
