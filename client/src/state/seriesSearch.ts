import type { RunSummary, SeriesRef, SplitSummary } from "../source/source";
import { keyOf } from "./series";
import { numberIn, showValue, textOf } from "./config";

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
    const ofRun = [
      ...attempt,
      run.state,
      ...Object.entries(run.config).map(([key, value]) => `${key}=${showValue(value)}`),
    ].join(" ");
    return run.splits.map((split) => {
      const ref = { runId: run.id, splitId: split.id };
      return {
        key: keyOf(ref),
        ref,
        run,
        split,
        text: `${run.name} ${split.name} ${ofRun}`.toLowerCase(),
      };
    });
  });
}

/**
 * Those whose text has every word of the query. A word like "lr=0.1" that is all of a config entry of
 * some run is looked for as that, not as a part of "lr=0.15"; numbers may be written in any way.
 */
export function findSeries(all: readonly FoundSeries[], query: string): FoundSeries[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.reduce<readonly FoundSeries[]>((left, word) => {
    const whole = word.includes("=") ? left.filter(hasEntry(word)) : [];
    return whole.length ? whole : left.filter(({ text }) => text.includes(word));
  }, all) as FoundSeries[];
}

/** Whether a series' config has an entry such as "lr=0.1", in lower case; "lr=1e-1" is the same number. */
function hasEntry(entry: string): (series: FoundSeries) => boolean {
  const at = entry.lastIndexOf("=");
  const [key, wanted] = [entry.slice(0, at), numberIn(entry.slice(at + 1))];
  return ({ text, run }) =>
    ` ${text} `.includes(` ${entry} `) ||
    (wanted !== null &&
      Object.entries(run.config).some(
        ([name, value]) => name.toLowerCase() === key && numberIn(showValue(value)) === wanted,
      ));
}

/** What a list of series can be sorted by: a column of its own, or a key of the configs. */
export type FoundColumn = "run" | "split" | "epochs" | "accuracy" | "state" | { config: string };

const collator = new Intl.Collator(undefined, { numeric: true });

/** The series by a column, numbers by value; those that have nothing there come last. */
export function sortFound(
  found: readonly FoundSeries[],
  column: FoundColumn,
  descending: boolean,
): FoundSeries[] {
  const keyed = found.map((row) => ({ row, key: keyBy(row, column) }));
  const sign = descending ? -1 : 1;
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  });
  return keyed.map(({ row }) => row);
}

function keyBy({ run, split }: FoundSeries, column: FoundColumn): string | number | null {
  if (typeof column === "object") {
    const value = Object.hasOwn(run.config, column.config) ? run.config[column.config] : null;
    return value === null || typeof value === "number" ? value : showValue(value);
  }
  return {
    run: run.name,
    split: split.name,
    epochs: split.epoch_count,
    accuracy: split.last_accuracy,
    state: run.state,
  }[column];
}

/** Config keys that tell runs apart; where all runs are alike, every key. */
export function tellingKeys(runs: readonly RunSummary[]): string[] {
  const values = new Map<string, { shown: Set<string>; runs: number }>();
  for (const { config } of runs)
    for (const [key, value] of Object.entries(config)) {
      if (!values.has(key)) values.set(key, { shown: new Set(), runs: 0 });
      const seen = values.get(key)!;
      seen.shown.add(textOf(value));
      seen.runs++;
    }
  const differing = [...values].filter(
    ([, seen]) => seen.shown.size > 1 || seen.runs < runs.length,
  );
  return (differing.length ? differing : [...values]).map(([key]) => key);
}
