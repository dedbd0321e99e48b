import { group } from "d3-array";

import type { Finding } from "../../source/source";
import { fromLink } from "../link";

/** The filters of cards. */
export const FILTERS = ["all", "between", "time", "runs", "data"] as const;
export type Filter = (typeof FILTERS)[number];

export const FILTER_LABELS: Record<Filter, string> = {
  all: "All",
  between: "Between splits",
  time: "In time",
  runs: "Between runs",
  data: "Data",
};

/** Levels in the order of their evidence. */
const LEVELS: readonly Finding["level"][] = [
  "certain",
  "likely",
  "corroborated",
  "noticed",
  "nothing found",
];

/** Kinds of findings between two series. */
const COMPARED = ["shift", "difference"];

/** A finding as a card, with the findings under it and those of the general shift that it stands for. */
export interface Card {
  finding: Finding;
  /** The same finding in each run that has it, the first included. */
  alike: Finding[];
  /** The findings under it. */
  under: Finding[];
  /** Findings on classes and columns that move as all others do; only the card of accuracy has them. */
  general: Finding[];
}

/** Which filter a finding belongs to. */
export function filterOf({ kind, splits, headline }: Finding): Exclude<Filter, "all"> {
  if (kind.startsWith("event")) return "time";
  if (kind.startsWith("data")) return "data";
  if (kind === "difference") return "runs";
  if (kind === "nothing found") return headline.startsWith("No lasting") ? "time" : "between";
  return splits.length ? "between" : "data";
}

/** Findings as cards: what moves as accuracy does stands under its card, and what several runs share is one card. */
export function cardsOf(findings: readonly Finding[], filter: Filter): Card[] {
  const shown = findings.filter((one) => filter === "all" || filterOf(one) === filter);
  const cards = shown
    .filter(({ general }) => !general)
    .map((finding): Card => ({ finding, alike: [finding], under: finding.under, general: [] }));
  const wholes = new Map<string, Card>();
  for (const card of cards) {
    const { kind, actual, predicted } = card.finding;
    if (COMPARED.includes(kind) && actual === null && predicted === null)
      wholes.set(pairOf(card.finding), card);
  }
  for (const finding of shown)
    if (finding.general) wholes.get(pairOf(finding))?.general.push(finding);
  return folded(cards);
}

/** Cards that say the same of several runs as one, those of nothing last. A card with findings under it stays alone. */
function folded(cards: readonly Card[]): Card[] {
  const groups = group(cards, ({ finding, under, general }) =>
    under.length || general.length
      ? finding
      : JSON.stringify([finding.kind, finding.level, finding.headline, finding.splits]),
  );
  const all = [...groups.values()].map((same) => ({
    ...same[0],
    alike: same.map(({ finding }) => finding),
  }));
  const isNothing = ({ finding }: Card) => Number(finding.level === "nothing found");
  return all.sort((a, b) => isNothing(a) - isNothing(b));
}

/** Whether a finding is more than "noticed", or a large fall that lasts. */
export function isClear({ level, leads }: Finding): boolean {
  return leads || level === "certain" || level === "likely" || level === "corroborated";
}

/** Puts the findings of several runs, each list in its order, into one order. */
export function merged(lists: readonly (readonly Finding[])[]): Finding[] {
  return lists
    .flat()
    .sort(
      (a, b) =>
        Number(b.leads) - Number(a.leads) ||
        LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
        b.guaranteed - a.guaranteed,
    );
}

/** Epochs of clear events, in ascending order, each once. */
export function eventEpochs(findings: readonly Finding[]): number[] {
  const epochs = findings
    .filter((one) => filterOf(one) === "time" && isClear(one) && one.epochs)
    .map(({ epochs }) => epochs![0]);
  return [...new Set(epochs)].sort((a, b) => a - b);
}

/** The series and the epochs that a finding compares. */
function pairOf({ splits, epochs, link }: Finding): string {
  const runs = (fromLink(link).series ?? []).map(({ runId }) => runId);
  return JSON.stringify([runs, splits, epochs]);
}
