/** Which of the chosen series are shown as one: those of a split whose runs' configs are alike. */

import { unionOf } from "../../compute/classes/classes";
import type { RunSummary } from "../../source/source";
import { freeColor, keyOf, type Splits } from "./series";
import { showValue, textOf } from "./config";
import type { ChosenSeries } from "../view";

type Config = RunSummary["config"];

/** Chosen series that are shown as one; a series alone is a fold of one. */
export interface Fold {
  members: ChosenSeries[];
  /** What its members agree in and other folds do not; empty for one series. */
  label: string;
  color: number;
}

/** Usual names of config keys in which repeated runs differ. */
const REPETITION =
  /^(.*[._-])?(random_?)?(seed|state|fold|repeat|repetition|trial|replicate)s?([._-]?(id|index|number|no|nr))?$/i;
/** Hues that are easy to tell apart; folds take these first. */
const DISTINCT = 8;

/** A config key in which the chosen runs differ. */
export interface DifferingKey {
  key: string;
  /** How many values it has in them. */
  values: number;
}

export function differingKeys(chosen: readonly ChosenSeries[], splits: Splits): DifferingKey[] {
  const configs = [...new Set(chosen.flatMap((s) => splits.get(keyOf(s))?.run ?? []))].map(
    ({ config }) => config,
  );
  return unionOf(configs.map((config) => Object.keys(config)))
    .map((key) => ({
      key,
      values: new Set(
        configs.map((config) => (Object.hasOwn(config, key) ? textOf(config[key]) : "–")),
      ).size,
    }))
    .filter(({ values }) => values > 1);
}

/** The keys to fold over if none were chosen: seeds and folds, by their usual names. */
export function usualKeys(keys: readonly DifferingKey[]): string[] {
  return keys.map(({ key }) => key).filter((key) => REPETITION.test(key));
}

/** Groups the chosen series into folds, in the order of their first members; null: each series by itself. */
export function foldChosen(
  chosen: readonly ChosenSeries[],
  over: readonly string[] | null,
  splits: Splits,
): Fold[] {
  if (!over) return chosen.map((s) => ({ members: [s], label: "", color: s.color }));
  const groups = new Map<string, ChosenSeries[]>();
  for (const series of chosen) {
    const run = splits.get(keyOf(series))?.run;
    const common = Object.fromEntries(
      Object.entries(run?.config ?? {}).filter(([key]) => !over.includes(key)),
    );
    // An older attempt is not another run: its epochs would count twice in a fold with the newer one.
    const isByItself = !run || (run.attempt ?? null) !== null;
    const key = textOf([series.splitId, isByItself ? series.runId : common]);
    groups.set(key, [...(groups.get(key) ?? []), series]);
  }
  const folds = [...groups.values()];
  const configOf = (members: ChosenSeries[]) => splits.get(keyOf(members[0]))?.run.config ?? {};
  const telling = differingKeys(
    folds.map(([first]) => first),
    splits,
  ).filter(({ key }) => !over.includes(key));
  const severalSplits = new Set(chosen.map(({ splitId }) => splitId)).size > 1;
  return folds.map((members) => {
    const split = splits.get(keyOf(members[0]))?.split.name ?? "";
    const values = telling.map(({ key }) => `${key}=${valueIn(configOf(members), key)}`);
    const named = [...values, ...(severalSplits || !values.length ? [split] : [])].join(" · ");
    const label = [named, ...namesIn(members, splits)].join(" · ");
    return { members, label: members.length > 1 ? label : "", color: members[0].color };
  });
}

/**
 * The chosen series with one colour for each fold: that of its first member, unless an earlier fold
 * has it.
 *
 * @param fromFirst gives out colours from the first hue on, because there are fewer folds than series
 */
export function colorFolds(folds: readonly Fold[], fromFirst: boolean): ChosenSeries[] {
  const taken: { color: number }[] = [];
  return folds.flatMap(({ members, color }) => {
    const isFree = !fromFirst && color < DISTINCT && taken.every((other) => other.color !== color);
    const given = isFree ? color : freeColor(taken);
    taken.push({ color: given });
    return members.map((member) => ({ ...member, color: given }));
  });
}

/** The chosen series with a colour for each one: if several share a colour, the first keeps it. */
export function colorApart(chosen: readonly ChosenSeries[]): ChosenSeries[] {
  const firsts = chosen.filter(
    ({ color }, at) => chosen.findIndex((other) => other.color === color) === at,
  );
  const taken: { color: number }[] = [...firsts];
  return chosen.map((series) => {
    if (firsts.includes(series)) return series;
    const color = freeColor(taken);
    taken.push({ color });
    return { ...series, color };
  });
}

/** The names of the runs of a fold, if they differ in more than a number: "resnet, vgg and 2 more". */
function namesIn(members: readonly ChosenSeries[], splits: Splits): string[] {
  const all = members.flatMap((s) => splits.get(keyOf(s))?.run.name ?? []);
  const bare = all.map((name) => name.replace(/\d+/g, ""));
  const names = all.filter((_, at) => bare.indexOf(bare[at]) === at);
  if (names.length < 2) return [];
  const more = names.length > 2 ? ` and ${names.length - 2} more` : "";
  return [`${names.slice(0, 2).join(", ")}${more}`];
}

function valueIn(config: Config, key: string): string {
  return Object.hasOwn(config, key) ? showValue(config[key]) : "–";
}
