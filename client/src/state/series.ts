import type { Lines } from "../compute/lines";
import type { Plotted } from "../compute/plotted";
import type { RunList, RunSummary, SeriesRef, SplitSummary } from "../source/source";
import type { ChosenSeries } from "./view";

/** What charts show as one series: one that was chosen, or some that are folded, named by their first. */
export interface ShownSeries extends ChosenSeries, Plotted {
  key: string;
}

/** A chosen series whose data is here. Its label is as much of "run · split" as tells it apart. */
export interface LeafSeries extends ShownSeries {
  lines: Lines;
}

export const keyOf = ({ runId, splitId }: SeriesRef) => `${runId}/${splitId}`;

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

/** What a page shows where nobody chose series: the first splits of a run, or of the newest if no run is named. */
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

/** Names series by as little as tells them apart: the split, the run, or both. */
export function labeller(all: readonly Lines[]): (lines: Lines) => string {
  const oneRun = new Set(all.map(({ data }) => data.runId)).size <= 1;
  const oneSplit = new Set(all.map(({ data }) => data.splitName)).size <= 1;
  const nameTwice =
    new Set(all.map(({ data }) => data.runId)).size >
    new Set(all.map(({ data }) => data.runName)).size;
  return ({ data }) => {
    const run = nameTwice ? `${data.runName} (${data.runId.slice(-4)})` : data.runName;
    if (oneRun) return data.splitName;
    return oneSplit ? run : `${run} · ${data.splitName}`;
  };
}
