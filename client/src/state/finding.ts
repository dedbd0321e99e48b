import type { RunSummary, SeriesRef, SplitSummary } from "../source/source";
import { keyOf } from "./chosen";

/** One series of the log directory, with the text that a search looks through. */
export interface FoundSeries {
  key: string;
  ref: SeriesRef;
  run: RunSummary;
  split: SplitSummary;
  text: string;
}

/** Every series of these runs, of the newest run first. */
export function listSeries(runs: readonly RunSummary[]): FoundSeries[] {
  return runs.toReversed().flatMap((run) => {
    const attempt = run.attempt === null ? [] : [`attempt ${run.attempt}`];
    const ofRun = [...attempt, run.state, ...Object.entries(run.config).map(([key, value]) => `${key}=${showValue(value)}`)].join(" ");
    return run.splits.map((split) => {
      const ref = { runId: run.id, splitId: split.id };
      return { key: keyOf(ref), ref, run, split, text: `${run.name} ${split.name} ${ofRun}`.toLowerCase() };
    });
  });
}

/** Those whose text has every word of the query. */
export function findSeries(all: readonly FoundSeries[], query: string): FoundSeries[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ text }) => words.every((word) => text.includes(word)));
}

/** Config keys that tell runs apart; where all runs are alike, every key. */
export function tellingKeys(runs: readonly RunSummary[]): string[] {
  const values = new Map<string, { shown: Set<string>; runs: number }>();
  for (const { config } of runs)
    for (const [key, value] of Object.entries(config)) {
      if (!values.has(key)) values.set(key, { shown: new Set(), runs: 0 });
      const seen = values.get(key)!;
      seen.shown.add(showValue(value));
      seen.runs++;
    }
  const differing = [...values].filter(([, seen]) => seen.shown.size > 1 || seen.runs < runs.length);
  return (differing.length ? differing : [...values]).map(([key]) => key);
}

export function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
