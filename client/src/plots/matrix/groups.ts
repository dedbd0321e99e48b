import type { Bracket } from "../../compute/classes/tree";
import { clipped, contains, fitText, type Pen } from "../pen";
import { font } from "../theme";
import { BRACKET, MOST_LEVELS, type MatrixLayout } from "./layout";
import type { MatrixScene } from "./scene";

/** At most this many levels of open groups have brackets. */
export function levelsShown(brackets: readonly Bracket[]): number {
  return brackets.reduce((most, { level }) => Math.max(most, level + 1), 0);
}

/** Draws open groups beside their rows: a triangle to close each one, its name if it fits, and a line. */
export function drawBrackets(
  pen: Pen,
  layout: MatrixLayout,
  { brackets, theme }: MatrixScene,
): void {
  clipped(pen, layout.brackets, () => {
    for (const bracket of brackets) {
      const box = boxOfBracket(layout, bracket);
      if (!box || box.height <= 0) continue;
      const { x, y, height } = box;
      pen.fillStyle = theme.border;
      pen.fillRect(x + BRACKET - 4, y + 2, 1, height - 5);
      pen.fillRect(x + BRACKET - 4, y + 2, 3, 1);
      pen.fillRect(x + BRACKET - 4, y + height - 4, 3, 1);
      pen.fillStyle = theme.muted;
      pen.beginPath();
      pen.moveTo(x + 1.5, y + 4);
      pen.lineTo(x + 9.5, y + 4);
      pen.lineTo(x + 5.5, y + 9);
      pen.fill();
      drawName(pen, bracket.node.name, x + 6, y + 12, height - 16);
    }
  });
}

/** Writes a name upwards, in the middle of a length; nothing if hardly any of it fits. */
function drawName(pen: Pen, name: string, x: number, y: number, length: number): void {
  pen.font = font(12);
  const text = fitText(pen, name, length);
  if (text !== name && text.length < 6) return;
  pen.save();
  pen.translate(x, y + length / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 0, 0);
  pen.restore();
}

/** The part of a bracket that is not scrolled away; null if there is no room for its level. */
function boxOfBracket({ brackets, cell, scrollY }: MatrixLayout, { from, to, level }: Bracket) {
  if (level >= MOST_LEVELS) return null;
  const top = Math.max(brackets.y, brackets.y + from * cell - scrollY);
  const bottom = Math.min(brackets.y + brackets.height, brackets.y + to * cell - scrollY);
  return { x: brackets.x + level * BRACKET, y: top, width: BRACKET, height: bottom - top };
}

/** The open group whose bracket lies under a point, or null. */
export function bracketAt(
  layout: MatrixLayout,
  brackets: readonly Bracket[],
  x: number,
  y: number,
): Bracket | null {
  return (
    brackets.find((bracket) => {
      const box = boxOfBracket(layout, bracket);
      return box && contains(box, x, y);
    }) ?? null
  );
}

/** Draws stronger lines between outer open groups and their neighbours. */
export function drawGroupEdges(
  pen: Pen,
  { grid, fn, fp, cell, scrollX, scrollY }: MatrixLayout,
  { brackets, classes, theme }: MatrixScene,
): void {
  const edges = new Set(
    brackets.filter(({ level }) => level === 0).flatMap(({ from, to }) => [from, to]),
  );
  pen.fillStyle = theme.faint;
  for (const edge of edges) {
    if (edge === 0 || edge === classes.length) continue;
    const [x, y] = [grid.x + edge * cell - scrollX - 1, grid.y + edge * cell - scrollY - 1];
    if (y > grid.y && y < grid.y + grid.height)
      for (const box of [grid, fn]) pen.fillRect(box.x, y, box.width, 1);
    if (x > grid.x && x < grid.x + grid.width)
      for (const box of [grid, fp]) pen.fillRect(x, box.y, 1, box.height);
  }
}
