/** What is written beside a value: how sure it is, and its mean over the chosen epochs. */

import { indexAt } from "../time/epochs";
import {
  differenceInterval,
  f1Interval,
  meanInterval,
  welchInterval,
  wilson,
  type Ends,
} from "./intervals";
import type { Target, Values } from "./lines";
import { denominatorsOf, lineOf, meanOf, spanWithin, type Plotted } from "./plotted";
import { formatSigned, formatValue, isShare } from "../text/tooltip";

/** An interval as text, "7.6–12.9%", and what it is of; or no text and, if that is worth saying, why there is none. */
export interface Uncertainty {
  interval: string;
  about: string;
}

const NOTHING: Uncertainty = { interval: "", about: "" };

/**
 * The 95 % interval of the mean of some epochs [start, end): of a rate in other instances of the same kind, of the
 * mean of folded runs in other runs, and of a difference from a baseline.
 */
export function uncertaintyOf(
  series: Plotted,
  target: Target,
  values: Values,
  [start, end]: [number, number],
): Uncertainty {
  const line = lineOf(series, target, values);
  if (!isShare(target, values) || !line || start < 0 || start >= end) return NOTHING;
  const value = meanOf(line, start, end);
  if (Number.isNaN(value)) return NOTHING;
  const { compared } = series;
  const places = Array.from({ length: end - start }, (_, i) => series.epochs[start + i]);
  if (!compared) {
    const own = estimateOf(series, target, values, places);
    if (typeof own === "string") return { interval: "", about: own };
    const about = "runs" in own ? "of the mean over runs" : "of the rate";
    return { interval: written(within(own.ends, target), target, values, formatValue), about };
  }
  const [own, base] = [compared.series, compared.baseline].map((one) =>
    estimateOf(one, target, values, places),
  );
  const reason = [own, base].find((one) => typeof one === "string");
  if (typeof own === "string" || typeof base === "string")
    return { interval: "", about: String(reason) };
  const areFolds = "runs" in own && "runs" in base;
  if (!areFolds && ("runs" in own || "runs" in base))
    return { interval: "", about: "one side is a single run, whose spread is not known" };
  const ends = areFolds
    ? welchInterval(base.runs, own.runs)
    : differenceInterval(base.value, base.ends, own.value, own.ends);
  return {
    interval: written(ends, target, values, formatSigned),
    about: areFolds
      ? "of the difference of means over runs"
      : "of the difference, as of two independent samples",
  };
}

/** A mean rate with its interval and, for folded runs, the mean of each; or why there is no interval. */
type Estimate = { value: number; ends: Ends } | { value: number; ends: Ends; runs: number[] };

function estimateOf(
  series: Plotted,
  target: Target,
  values: Values,
  places: readonly number[],
): Estimate | string {
  const mean = (one: Plotted, line: ArrayLike<number> | null) =>
    line ? meanAt(one, line, places) : NaN;
  const value = mean(series, lineOf(series, target, values));
  if (series.folded) {
    const runs = series.folded.members
      .map((member) => mean(member, lineOf(member, target, values)))
      .filter((each) => !Number.isNaN(each));
    if (runs.length < 2) return "only one run has a value";
    return { value, ends: meanInterval(runs), runs };
  }
  if (target.kind === "accuracy" && target.average)
    return "an average over classes is not a share of instances";
  const n = (of: Target) => mean(series, denominatorsOf(series, of, values));
  if (target.kind !== "f1") return { value, ends: wilson(value, n(target)) };
  const doubled =
    n({ kind: "recall", class: target.class }) + n({ kind: "precision", class: target.class });
  return { value, ends: f1Interval(value, doubled) };
}

function meanAt({ epochs, stride }: Plotted, line: ArrayLike<number>, places: readonly number[]) {
  const numbers = places.map((place) => line[indexAt(epochs, stride, place)] ?? NaN);
  return meanOf(numbers, 0, numbers.length);
}

/** A share lies between 0 and 1; agreement beyond chance may be negative. */
function within([low, high]: Ends, target: Target): Ends {
  const least = target.kind === "accuracy" && target.average ? -1 : 0;
  return [Math.max(least, low), Math.min(1, high)];
}

function written(
  [low, high]: Ends,
  target: Target,
  values: Values,
  write: typeof formatValue,
): string {
  if (Number.isNaN(low)) return "";
  const [from, to] = [low, high].map((end) => write(end, target, values));
  return write === formatSigned
    ? `${from.replace(" points", "")} to ${to.replace(" points", "")}`
    : `${from.replace("%", "")}–${to}`;
}

/** The mean over a range of epochs, as text; empty if the series has fewer than two there. */
export function meanText(
  series: Plotted,
  target: Target,
  values: Values,
  range: [number, number],
): string {
  const line = lineOf(series, target, values);
  const [start, end] = spanWithin(series, range);
  if (!line || end - start < 2) return "";
  const mean = meanOf(line, start, end);
  if (Number.isNaN(mean)) return "";
  return (series.compared ? formatSigned : formatValue)(mean, target, values);
}
