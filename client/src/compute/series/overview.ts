import { indexRange } from "../time/epochs";
import type { Values } from "./lines";
import { confusedCells, lineOf, type Plotted } from "./plotted";
import { summaryOf } from "./summary";

/**
 * A small picture of the matrix: for each pixel of a square, row by row, the greatest mean within the range of
 * the cells off the diagonal that fall into it, of any series. Differences count by their size.
 *
 * @param classCount classes along each side
 * @param size pixels along each side, at most as many as classes
 */
export function overviewOf(
  all: readonly Plotted[],
  classCount: number,
  size: number,
  range: [number, number],
  values: Values,
): Float64Array {
  const pixels = new Float64Array(size * size);
  const pixelOf = (index: number) => Math.floor((index * size) / classCount);
  for (const series of all) {
    const [start, end] = indexRange(series.epochs, range);
    for (const [actual, predicted] of confusedCells(series)) {
      const line = lineOf(series, { kind: "cell", actual, predicted }, values);
      const mean = line ? Math.abs(summaryOf(line).mean(start, end)) : NaN;
      const at = pixelOf(actual) * size + pixelOf(predicted);
      if (mean > pixels[at]) pixels[at] = mean;
    }
  }
  return pixels;
}
