import type { Finding } from "../source/source";

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

/** A finding as a card, with the findings under it and those of the general shift that it stands for. */
export interface Card {
  finding: Finding;
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

/**
 * Findings as cards. If accuracy moved between two series, classes that move as all others do are under
 * its card; only what goes beyond the general shift has a card of its own.
 */
export function cardsOf(findings: readonly Finding[], filter: Filter): Card[] {
  const shown = findings.filter((one) => filter === "all" || filterOf(one) === filter);
  const wholes = new Map<string, Card>();
  for (const finding of shown)
    if (isBetween(finding) && !finding.actual && !finding.predicted && isClear(finding))
      wholes.set(pairOf(finding), { finding, under: finding.under, general: [] });
  const cards: Card[] = [];
  const placed = new Set<Card>();
  for (const finding of shown) {
    const whole = isBetween(finding) ? wholes.get(pairOf(finding)) : undefined;
    const isGeneral = whole && finding !== whole.finding && !finding.beyond;
    const hasNews = finding.under.some(({ beyond }) => beyond);
    if (isGeneral && !hasNews) {
      whole.general.push(finding);
      continue;
    }
    const card =
      whole?.finding === finding ? whole : { finding, under: finding.under, general: [] };
    if (!placed.has(card)) cards.push(card);
    placed.add(card);
  }
  return cards;
}

/** Whether a finding is more than "noticed". */
export function isClear({ level }: Finding): boolean {
  return level === "certain" || level === "likely" || level === "corroborated";
}

/** Epochs of events that are more than "noticed", in ascending order, each once. */
export function eventEpochs(findings: readonly Finding[]): number[] {
  const epochs = findings
    .filter((one) => filterOf(one) === "time" && isClear(one) && one.epochs)
    .map(({ epochs }) => epochs![0]);
  return [...new Set(epochs)].sort((a, b) => a - b);
}

function isBetween({ kind }: Finding): boolean {
  return kind === "shift" || kind === "difference";
}

function pairOf({ splits, epochs }: Finding): string {
  return JSON.stringify([splits, epochs]);
}
