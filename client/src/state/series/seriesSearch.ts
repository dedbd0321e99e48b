import { group } from "d3-array";

import type { RunSummary, SeriesRef, SplitSummary } from "../../source/source";
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

/** All series of these runs, the newest run first. */
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
 * The series that match all words of a query. "split=val", "run=wide", "state=running" and config entries
 * such as "lr=0.1" search there alone. Of several values for one key, any matches. "-broken" excludes series
 * with the word. Earlier attempts are found only by a query that names them.
 */
export function findSeries(all: readonly FoundSeries[], query: string): FoundSeries[] {
  const words = wordsOf(query);
  const shown = words.some((word) => word.includes("attempt"))
    ? all
    : all.filter(({ run }) => run.attempt === null);
  const without = words.filter((word) => word.length > 1 && word.startsWith("-"));
  const plain = words.filter((word) => !without.includes(word));
  const byKey = group(plain, (word) => (word.includes("=") ? keyIn(word) : word));
  const found = [...byKey.values()].reduce((left, alternatives) => {
    const matching = alternatives.map((word) => new Set(matchOf(left, word)));
    return left.filter((series) => matching.some((those) => those.has(series)));
  }, shown);
  return without.reduce((left, word) => {
    const those = new Set(matchOf(left, word.slice(1)));
    return left.filter((series) => !those.has(series));
  }, found) as FoundSeries[];
}

/** The words of a query in lower case; quotes keep spaces: run="my run". */
function wordsOf(query: string): string[] {
  const words = query.toLowerCase().match(/(?:[^\s"]+|"[^"]*"?)+/g) ?? [];
  return words.map((word) => word.replaceAll('"', "")).filter(Boolean);
}

/**
 * The series that match a word. If some series has "lr=0.1" as a whole entry, the word does not match
 * "lr=0.15"; numbers may be written in any way.
 */
function matchOf(left: readonly FoundSeries[], word: string): readonly FoundSeries[] {
  if (!word.includes("=")) return left.filter(({ text }) => text.includes(word));
  const whole = left.filter(hasEntry(word));
  if (whole.length) return whole;
  const value = word.slice(keyIn(word).length + 1);
  const own = left.filter((series) => ownEntry(series, keyIn(word))?.includes(value));
  return own.length ? own : left.filter(({ text }) => text.includes(word));
}

const keyIn = (entry: string) => entry.slice(0, entry.lastIndexOf("="));

/** The value of a series for a key that is not in its config, in lower case. */
function ownEntry({ run, split }: FoundSeries, key: string): string | undefined {
  const own: Record<string, string> = { run: run.name, split: split.name, state: run.state };
  return Object.hasOwn(own, key) ? own[key].toLowerCase() : undefined;
}

/** Whether a series has an entry such as "split=val" or "lr=0.1", in lower case; "lr=1e-1" is the same number. */
function hasEntry(entry: string): (series: FoundSeries) => boolean {
  const key = keyIn(entry);
  const value = entry.slice(key.length + 1);
  const wanted = numberIn(value);
  return (series) =>
    ownEntry(series, key) === value ||
    Object.entries(series.run.config).some(([name, its]) => {
      if (name.toLowerCase() !== key) return false;
      const shown = showValue(its);
      return shown.toLowerCase() === value || (wanted !== null && numberIn(shown) === wanted);
    });
}

/** What a list of series can be sorted by: a column of its own, or a key of the configs. */
export type FoundColumn =
  "run" | "split" | "started" | "epochs" | "accuracy" | "state" | { config: string };

const collator = new Intl.Collator(undefined, { numeric: true });

/** Sorts series by a column, numbers by value; series without a value come last. */
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
    started: run.created_at,
    epochs: split.epoch_count,
    accuracy: split.last_accuracy,
    state: run.state,
  }[column];
}

/** Config keys that tell runs apart; if all runs are the same, every key. */
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
