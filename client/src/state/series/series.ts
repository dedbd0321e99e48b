import type { Lines } from "../../compute/series/lines";
import type { Plotted } from "../../compute/series/plotted";
import {
  keyOf,
  type RunList,
  type RunSummary,
  type SeriesRef,
  type SplitSummary,
} from "../../source/source";
import { runNames } from "./runNames";
import type { ChosenSeries } from "../view";

/** What charts show as one series: a chosen series, or several folded ones, identified by the first. */
export interface ShownSeries extends ChosenSeries, Plotted {
  key: string;
}

/** A chosen series whose data is here. Its label is the part of "run · split" that tells it apart. */
export interface LeafSeries extends ShownSeries {
  lines: Lines;
}

/** Only the ids of a series, as requests and the view have them. */
export const refOf = ({ runId, splitId }: SeriesRef): SeriesRef => ({ runId, splitId });

export { keyOf };

/** Runs and splits by series key. */
export type Splits = ReadonlyMap<string, { run: RunSummary; split: SplitSummary }>;

export function splitsByKey(runs: readonly RunSummary[]): Splits {
  return new Map(
    runs.flatMap((run) =>
      run.splits.map(
        (split) => [keyOf({ runId: run.id, splitId: split.id }), { run, split }] as const,
      ),
    ),
  );
}

/** The series of a page for which none were chosen: the first splits of the named run, or of the newest. */
export function firstSeries(
  { runs, first_splits }: RunList,
  runId: string | null,
): ChosenSeries[] | null {
  const first = runs.findLast((run) => run.splits.length && (runId === null || run.id === runId));
  return (
    first?.splits
      .slice(0, first_splits)
      .map((split, color) => ({ runId: first.id, splitId: split.id, color })) ?? null
  );
}

/** The first colour that no series has. */
export function freeColor(series: readonly { color: number }[]): number {
  const taken = new Set(series.map((s) => s.color));
  let color = 0;
  while (taken.has(color)) color++;
  return color;
}

/** Adds series to chosen ones, each in a colour that none before it has. */
export function withSeries(
  chosen: readonly ChosenSeries[],
  refs: readonly SeriesRef[],
): ChosenSeries[] {
  const series = [...chosen];
  const keys = new Set(series.map(keyOf));
  for (const { runId, splitId } of refs) {
    const key = keyOf({ runId, splitId });
    if (keys.has(key)) continue;
    keys.add(key);
    series.push({ runId, splitId, color: freeColor(series) });
  }
  return series;
}

/**
 * Returns a function that names series by what tells their runs apart, and by the split: "wide-drop · seed 1 ·
 * test".
 */
export function labeller(all: readonly Lines[], splits: Splits): (lines: Lines) => string {
  const runs = all.map(({ data }) => ({
    id: data.runId,
    name: data.runName,
    config: splits.get(keyOf(data))?.run.config ?? {},
  }));
  const names = runNames(runs);
  return ({ data }) =>
    names.size > 1 ? `${names.get(data.runId)} · ${data.splitName}` : data.splitName;
}
