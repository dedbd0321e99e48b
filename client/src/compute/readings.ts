import { indexAt } from "./epochs";
import { formatCount, formatShare } from "./format";
import type { Target, Values } from "./lines";
import { denominatorsOf, lineOf, type Plotted } from "./plotted";
import { pixelValues } from "./pixels";

/** What a tooltip says of one series. */
export interface Reading {
  label: string;
  color: number;
  /** The value in the unit that the page shows. */
  value: string;
  /** The counts behind it. */
  counts: string;
  /** What else must be said: another epoch, a mean, a gap. */
  note: string;
}

/** Reads a target of a series at an epoch: exactly what was logged there. */
export function readAt(series: Plotted, target: Target, values: Values, epoch: number): Reading {
  const { label, color, epochs, stride } = series;
  const index = indexAt(epochs, stride, epoch);
  const line = lineOf(series, target, values);
  if (!line) return { label, color, value: "–", counts: "", note: "lacks this class" };
  if (index < 0) return { label, color, value: "–", counts: "", note: "not logged" };
  return {
    label,
    color,
    value: formatValue(line[index], target, values),
    counts: Number.isNaN(line[index]) ? "" : formatCounts(series, target, index),
    note: listed(
      Number.isNaN(line[index]) ? "undefined" : epochs[index] === epoch ? "" : `at ${epochs[index]}`,
      coverageOf(series, index),
    ),
  };
}

/** "3 of 4 ranks, 75%" where a rank's part of an epoch is missing, else nothing. */
export function coverageOf({ lines: { data } }: Plotted, index: number): string {
  if (!(data.coverage[index] < 1)) return "";
  return `${data.rankCount[index]} of ${data.worldSize[index]} ranks, ${formatShare(data.coverage[index])}`;
}

/** Reads what a pixel of a strip stands for, where that is several epochs: their mean and maximum. */
export function readPixel(series: Plotted, target: Target, values: Values, [start, end]: [number, number]): Reading {
  const { label, color, epochs } = series;
  const line = lineOf(series, target, values);
  if (!line || start === end) return { label, color, value: "–", counts: "", note: line ? "not logged" : "lacks this class" };
  if (end - start === 1) return readAt(series, target, values, epochs[start]);
  const { mean, max } = pixelValues(line, { width: 1, start: Int32Array.of(start), end: Int32Array.of(end) });
  const partial = series.lines.data.coverage.slice(start, end).filter((share) => share < 1).length;
  let at = start;
  while (at < end - 1 && line[at] !== max[0]) at++;
  return {
    label,
    color,
    value: formatValue(mean[0], target, values),
    counts: "mean",
    note: listed(
      Number.isNaN(max[0]) ? "" : `max ${formatValue(max[0], target, values)} at ${epochs[at]}`,
      partial ? `${partial} partial` : "",
    ),
  };
}

/** Notes one after the other, without those that say nothing. */
function listed(...notes: string[]): string {
  return notes.filter(Boolean).join(", ");
}

/** Whether a target is read as a share of 1, whichever unit the page shows for cells. */
export function isShare(target: Target, values: Values): boolean {
  if (target.kind === "support") return false;
  return values === "rate" || !["cell", "inside", "fn", "fp"].includes(target.kind);
}

export function formatValue(value: number, target: Target, values: Values): string {
  return isShare(target, values) ? formatShare(value) : formatCount(value);
}

/** A difference of two values of a target: shares differ by percentage points. */
export function formatDifference(difference: number, target: Target, values: Values): string {
  return isShare(target, values) ? `${formatShare(difference).replace("%", "")} points` : formatCount(difference);
}

function formatCounts(series: Plotted, target: Target, index: number): string {
  if (target.kind === "support" || target.kind === "f1") return "";
  const of = formatCount(denominatorsOf(series, target)![index]);
  if (target.kind === "accuracy") return `of ${of}`;
  const counted: Target =
    target.kind === "precision" || target.kind === "recall"
      ? { kind: "cell", actual: target.class, predicted: target.class }
      : target;
  return `${formatCount(lineOf(series, counted, "count")![index])} / ${of}`;
}
