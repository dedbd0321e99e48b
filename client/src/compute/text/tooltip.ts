import { momentOf } from "../time/axis";
import { indexAt } from "../time/epochs";
import { counted, formatCount, formatShare, withSign } from "./format";
import { isChosen, type Spread, type Target, type Values } from "../series/lines";
import {
  intervalOf,
  denominatorsOf,
  extremesOf,
  lineOf,
  meanOf,
  valueAt,
  type Plotted,
} from "../series/plotted";

/** What a tooltip says of one series. */
export interface TooltipRow {
  label: string;
  color: number;
  /** The value in the unit that the page shows. */
  value: string;
  /** The counts behind it. */
  counts: string;
  /** What else is said: another epoch, a mean, a gap. */
  note: string;
  /** What the value may be in other instances or runs; empty or left out if that is not shown. */
  interval?: string;
  /** What the interval is of or, if it is empty, why. */
  about?: string;
  /** The mean over the chosen epochs; empty or left out if none are chosen. */
  mean?: string;
}

/**
 * Reads a target of a series at a place of the time axis: what was logged there or, for a fold or a
 * difference, the values behind it.
 */
export function tooltipAt(
  series: Plotted,
  target: Target,
  values: Values,
  place: number,
): TooltipRow {
  const { label, color, epochs, stride, compared, folded } = series;
  const index = indexAt(epochs, stride, place);
  const line = lineOf(series, target, values);
  const reading = { label, color, value: "–", counts: "" };
  if (!line) return { ...reading, note: compared ? "one lacks this class" : "lacks this class" };
  if (index < 0) return { ...reading, note: compared ? "not logged by both" : "not logged" };
  const isDefined = !Number.isNaN(line[index]);
  const when = series.byShare || epochs[index] !== place ? `at ${namedAt(series, index)}` : "";
  const missing = coverageOf(series, index);
  if (compared) {
    const [own, base] = [compared.series, compared.baseline].map((one) =>
      valueAt(one, target, values, epochs[index]),
    );
    return {
      ...reading,
      value: isDefined ? formatSigned(line[index], target, values) : "–",
      counts: isDefined
        ? `${formatValue(own, target, values)} − ${formatValue(base, target, values)}`
        : "",
      note: listed(isDefined ? "" : "undefined", when, missing),
    };
  }
  if (folded) {
    const band = intervalOf(series, target, values)!;
    return {
      ...reading,
      value: formatValue(line[index], target, values),
      counts: isDefined
        ? formatBand(folded.spread, band.low[index], band.high[index], target, values)
        : "",
      note: listed(
        `${folded.countOf(target, values)[index]} of ${counted(folded.runs, "run")}`,
        when,
        missing,
      ),
    };
  }
  return {
    ...reading,
    value: formatValue(line[index], target, values),
    counts: isDefined ? formatCounts(series, target, values, index) : "",
    note: listed(isDefined ? "" : "undefined", when, missing),
  };
}

/** The value of a target at a place as text; "–" if there is none. */
export function valueText(series: Plotted, target: Target, values: Values, place: number): string {
  const value = valueAt(series, target, values, place);
  if (Number.isNaN(value)) return "–";
  return (series.compared ? formatSigned : formatValue)(value, target, values);
}

/** What an index is called: its epoch or, for folds along shares, which have no single epoch, the share. */
function nameAt({ epochs, byShare, named }: Plotted, index: number): string {
  return byShare && !named
    ? momentOf({ unit: "", isShare: true }, epochs[index])
    : formatCount((named ?? epochs)[index]);
}

/** Along shares the epoch there, and that of the baseline, or the share. */
function namedAt(series: Plotted, index: number): string {
  const { named, timeUnit, compared } = series;
  if (!named) return nameAt(series, index);
  const base = compared?.baseline;
  const other = base?.named?.[indexAt(base.epochs, base.stride, series.epochs[index])];
  return `${timeUnit} ${formatCount(named[index])}${other === undefined ? "" : `, baseline at ${formatCount(other)}`}`;
}

/** "11.2–15.0%", or "± 1.9%" of a standard deviation. */
function formatBand(
  spread: Spread,
  low: number,
  high: number,
  target: Target,
  values: Values,
): string {
  if (Number.isNaN(low)) return "";
  if (spread === "deviation") return `± ${formatValue((high - low) / 2, target, values)}`;
  return `${formatValue(low, target, values).replace("%", "")}–${formatValue(high, target, values)}`;
}

/** "3 of 4 ranks, 75%" where a rank's part of an epoch is missing, else nothing. */
export function coverageOf({ lines }: Plotted, index: number): string {
  return index < 0 ? "" : lines.missingAt(index);
}

/**
 * Reads a pixel that stands for several epochs of some series: their mean and, if they differ from it, their
 * least and greatest value.
 */
export function tooltipOfPixel(
  series: Plotted,
  target: Target,
  values: Values,
  [start, end]: [number, number],
): TooltipRow {
  const { label, color, epochs, compared, folded } = series;
  const line = lineOf(series, target, values);
  if (!line || start === end) return tooltipAt(series, target, values, NaN);
  if (end - start === 1) {
    const reading = tooltipAt(series, target, values, epochs[start]);
    return series.byShare
      ? reading
      : { ...reading, note: listed(reading.note, `at ${formatCount(epochs[start])}`) };
  }
  const write = compared ? formatSigned : formatValue;
  const { mean, low, high } = summaryOfSpan(series, line, target, values, [start, end]);
  const value = write(mean, target, values);
  const most = (name: string, of: ArrayLike<number>, at: number) => {
    const text = at < 0 ? value : write(of[at], target, values);
    return text === value
      ? ""
      : `${compared ? "" : name}${text.replace(" points", "")} at ${nameAt(series, at)}`;
  };
  let partial = 0;
  for (let i = start; i < end; i++) if (coverageOf(series, i)) partial++;
  return {
    label,
    color,
    value,
    counts: "",
    note: listed(
      folded ? `of ${counted(folded.runs, "run")}` : "",
      most("min ", low.of, low.at),
      most("max ", high.of, high.at),
      partial ? `${partial} partial` : "",
    ),
  };
}

/** The epoch among several whose value lies farthest from their mean, and how far; null if none is defined. */
export function farthest(
  series: Plotted,
  target: Target,
  values: Values,
  span: [number, number],
): { index: number; distance: number } | null {
  const line = lineOf(series, target, values);
  if (!line) return null;
  const { mean, low, high } = summaryOfSpan(series, line, target, values, span);
  if (Number.isNaN(mean) || low.at < 0 || high.at < 0) return null;
  const [below, above] = [mean - low.of[low.at], high.of[high.at] - mean];
  return below > above ? { index: low.at, distance: below } : { index: high.at, distance: above };
}

/** The mean of several epochs, and where the least and greatest values are; for a fold, those of its members. */
function summaryOfSpan(
  series: Plotted,
  line: ArrayLike<number>,
  target: Target,
  values: Values,
  [start, end]: [number, number],
) {
  const { low, high } = extremesOf(series, target, values) ?? { low: line, high: line };
  return {
    mean: meanOf(line, start, end),
    low: { of: low, at: indexOfGreatest(low, start, end, -1) },
    high: { of: high, at: indexOfGreatest(high, start, end, 1) },
  };
}

/** The first index of the greatest value (of the least, by a sign of -1) between two; -1 if none is defined. */
function indexOfGreatest(
  line: ArrayLike<number>,
  start: number,
  end: number,
  sign: number,
): number {
  let at = -1;
  for (let i = start; i < end; i++)
    if (!Number.isNaN(line[i]) && (at < 0 || sign * line[i] > sign * line[at])) at = i;
  return at;
}

/** Joins notes; empty ones are left out. */
function listed(...notes: string[]): string {
  return notes.filter(Boolean).join(", ");
}

/** Whether a target is a share of 1, even if the page shows cells as counts. */
export function isShare(target: Target, values: Values): boolean {
  if (target.kind === "support") return false;
  return values !== "count" || !isChosen(target);
}

export function formatValue(value: number, target: Target, values: Values): string {
  return isShare(target, values) ? formatShare(value) : formatCount(value);
}

/** A cell, by actual and predicted class. */
export type CellTarget = Extract<Target, { kind: "cell" }>;

/**
 * What stands beside a cell's value in the unit that the page shows: counts beside a rate, "27 / 200",
 * and the rate beside a count. For a change both ends, "12 → 27 / 200"; for a difference from a
 * baseline the count or rate of the series itself.
 */
export function otherUnit(
  { series, at, from }: { series: Plotted; at: number; from?: number },
  target: CellTarget,
  values: Values,
): string {
  const own = series.compared?.series ?? series;
  const indexIn = (index: number) =>
    own === series ? index : indexAt(own.epochs, own.stride, series.epochs[index]);
  const indices = [...(from === undefined ? [] : [from]), at].map(indexIn);
  const isCount = values === "count";
  const line = lineOf(own, target, isCount ? "rate" : "count")!;
  const numbers = indices.map((index) =>
    isCount ? formatShare(line[index]) : formatCount(line[index]),
  );
  const of = formatCount(denominatorsOf(own, target, values)![indices[indices.length - 1]]);
  return `${numbers.join(" → ")} ${isCount ? "of" : "/"} ${of}`;
}

/** A difference of two values of a target: shares differ by percentage points. */
export function formatDifference(difference: number, target: Target, values: Values): string {
  return isShare(target, values)
    ? `${formatShare(difference).replace("%", "")} points`
    : formatCount(difference);
}

/** A difference with its sign: "+2.1 points", "−12". */
export function formatSigned(difference: number, target: Target, values: Values): string {
  return withSign(difference, (size) => formatDifference(size, target, values));
}

function formatCounts(series: Plotted, target: Target, values: Values, index: number): string {
  if (target.kind === "support" || target.kind === "f1") return "";
  if (target.kind === "accuracy" && target.average) return "";
  const of = formatCount(denominatorsOf(series, target, values)![index]);
  if (target.kind === "accuracy") return `of ${of}`;
  const counted: Target =
    target.kind === "precision" || target.kind === "recall"
      ? { kind: "cell", actual: target.class, predicted: target.class }
      : target;
  return `${formatCount(lineOf(series, counted, "count")![index])} / ${of}`;
}
