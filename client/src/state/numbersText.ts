/** What the numbers beside the charts of class performance are; empty if there are none. */

import { momentOf } from "../compute/time/axis";
import type { PerformanceLayout } from "../plots/performance/layout";
import type { Session } from "./session.svelte";

export function numbersText(
  { axis, playhead, series, numbersIndex }: Session,
  { valueWidth, valueRows }: PerformanceLayout,
): string {
  if (!valueWidth || !series.length) return "";
  const numbers = `numbers at ${momentOf(axis, playhead)}`;
  return valueRows
    ? numbers
    : `${numbers}: ${series[numbersIndex].label} above, range of all ${series.length} below`;
}
