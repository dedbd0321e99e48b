import { lineColor, turnOf } from "../compute/ramp";
import type { Pen } from "./pen";
import type { Theme } from "./theme";

/** The mark of a series as a CSS background: one of the eight hues, and beyond them a shape that tells it apart. */
export function swatch(color: number, { scheme, surface }: Theme): string {
  const hue = lineColor(color, scheme);
  const hole = `linear-gradient(${surface}, ${surface})`;
  return [
    hue,
    `${hole} center / 50% 50% no-repeat, ${hue}`,
    `${hole} center / 100% 34% no-repeat, ${hue}`,
    `${hole} center / 34% 100% no-repeat, ${hue}`,
  ][turnOf(color)];
}

/** Draws the same mark. */
export function drawSwatch(
  pen: Pen,
  x: number,
  y: number,
  size: number,
  color: number,
  theme: Theme,
): void {
  pen.fillStyle = lineColor(color, theme.scheme);
  pen.fillRect(x, y, size, size);
  const turn = turnOf(color);
  if (!turn) return;
  const [across, down] = [
    [1, 1],
    [0.5, 0.5],
    [1, 0.34],
    [0.34, 1],
  ][turn].map((part) => Math.round(part * size));
  pen.fillStyle = theme.surface;
  pen.fillRect(x + (size - across) / 2, y + (size - down) / 2, across, down);
}
