import { nice } from "d3-array";

import { sizeOf } from "../series/difference";
import { indexRange } from "../time/epochs";
import type { Values } from "../series/lines";
import type { Plotted } from "../series/plotted";

/** A round end of a scale is a multiple of about a fourth of it. */
const TICKS = 4;

/** What a series has in a cell, over its epochs. */
export interface CellLine<S extends Plotted = Plotted> {
  series: S;
  values: ArrayLike<number>;
}

/**
 * How far the scale that all lines share goes from 0: to the greatest value, shares to the next round one.
 *
 * @param settled the epochs that the scale is made from: the range, or the range without a wild start
 */
export function commonScale(
  lines: readonly CellLine[],
  range: [number, number],
  values: Values,
  settled = range,
): { size: number; isCut: boolean } {
  const greatest = greatestOf(lines, settled);
  const size = (values === "count" ? greatest : nice(0, greatest, TICKS)[1]) || 1;
  return { size, isCut: greatestOf(lines, range) > size };
}

function greatestOf(lines: readonly CellLine[], range: [number, number]): number {
  return Math.max(
    0,
    ...lines.map(({ series, values }) => sizeOf(null, values, ...indexRange(series.epochs, range))),
  );
}
