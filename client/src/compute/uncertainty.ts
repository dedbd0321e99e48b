/** What is written beside a value: how sure it is, and its mean over the chosen epochs. */

import type { Target, Values } from "./lines";
import { denominatorsOf, lineOf, meanOf, spanWithin, type Plotted } from "./plotted";
import { formatSigned, formatValue, isShare } from "./tooltip";
import { wilson } from "./wilson";

/** Numbers that are no share of instances: they have no interval of a share. */
const NO_SHARES: readonly Target["kind"][] = ["f1", "support"];

/**
 * Wilson's interval of the mean rate of some epochs [start, end), as text: "7.6–12.9%". Empty for counts, for what
 * is no share of instances, and for means and differences of runs, whose spread is another.
 */
export function intervalText(
  series: Plotted,
  target: Target,
  values: Values,
  [start, end]: [number, number],
): string {
  const isAverage = target.kind === "accuracy" && target.average;
  if (NO_SHARES.includes(target.kind) || isAverage || !isShare(target, values)) return "";
  if (series.folded || series.compared) return "";
  const line = lineOf(series, target, values);
  if (!line || start < 0 || start >= end) return "";
  const instances = meanOf(denominatorsOf(series, target, values)!, start, end);
  const [low, high] = wilson(meanOf(line, start, end), instances);
  if (Number.isNaN(low)) return "";
  return `${formatValue(low, target, values).replace("%", "")}–${formatValue(high, target, values)}`;
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
