import type { Counts, LoggedData, SeriesData } from "../series/data";
import { withMeasures } from "../series/measures";
import { nonZerosOf } from "../series/nonzeros";

/** A row of a matrix of groups: its name, and the names of the classes in it. */
export interface RowClasses {
  name: string;
  classes: readonly string[];
}

/**
 * Adds up the counts of the classes that share a row. A row of which a series has no class is left out of
 * the result. Precision, recall, F1, FN and FP are those of a classifier that only tells the rows apart;
 * `inside` is what was confused within a row. Its cost follows the cells that are ever non-zero.
 */
export function aggregate(data: LoggedData, rows: readonly RowClasses[]): SeriesData {
  const own = new Map(data.classes.map((name, index) => [name, index]));
  const rowOf = new Int32Array(data.classes.length).fill(-1);
  const names: string[] = [];
  for (const { name, classes } of rows) {
    const indices = classes.map((one) => own.get(one)).filter((index) => index !== undefined);
    for (const index of indices) rowOf[index] = names.length;
    if (indices.length) names.push(name);
  }
  const n = names.length;
  const length = data.epochs.length;
  const room = (size: number): Uint32Array | Float64Array =>
    data.total instanceof Float64Array ? new Float64Array(size) : new Uint32Array(size);
  const sumOf = (counts: Counts) => {
    const sums = room(n * length);
    rowOf.forEach((row, index) => {
      if (row >= 0) addLine(sums, row, counts, index, length);
    });
    return sums;
  };

  const slots = new Int32Array(n * n).fill(-1);
  const cellActual: number[] = [];
  const cellPredicted: number[] = [];
  const { cellActual: actual, cellPredicted: predicted } = data;
  for (let k = 0; k < actual.length; k++) {
    const row = rowOf[actual[k]];
    const column = rowOf[predicted[k]];
    if (row < 0 || column < 0 || slots[row * n + column] >= 0) continue;
    slots[row * n + column] = cellActual.length;
    cellActual.push(row);
    cellPredicted.push(column);
  }
  const counts = room(cellActual.length * length);
  const inside = room(n * length);
  const { starts, epoch, count } = nonZerosOf(data);
  for (let k = 0; k < actual.length; k++) {
    const row = rowOf[actual[k]];
    const column = rowOf[predicted[k]];
    if (row < 0 || column < 0) continue;
    const to = slots[row * n + column] * length;
    for (let i = starts[k]; i < starts[k + 1]; i++) counts[to + epoch[i]] += count[i];
    if (row !== column || actual[k] === predicted[k]) continue;
    for (let i = starts[k]; i < starts[k + 1]; i++) inside[row * length + epoch[i]] += count[i];
  }

  const support = sumOf(data.support);
  const predictedTotal = sumOf(data.predictedTotal);
  return withMeasures({
    ...data,
    classes: names,
    cellActual: Uint16Array.from(cellActual),
    cellPredicted: Uint16Array.from(cellPredicted),
    counts,
    inside,
    support,
    predictedTotal,
  });
}

/** Adds a line of counts to another; each is `length` epochs long. */
function addLine(
  to: Uint32Array | Float64Array,
  line: number,
  from: Counts,
  other: number,
  length: number,
): void {
  const [start, begin] = [line * length, other * length];
  for (let i = 0; i < length; i++) to[start + i] += from[begin + i];
}
