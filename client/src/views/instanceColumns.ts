/** The columns of numbers that a list of instances has. */

import { formatCount, formatShare } from "../compute/format";
import type { InstanceRow } from "../source/source";

export interface Column {
  label: string;
  title: string;
  kind: "share" | "count" | "epoch" | "number";
}

/** By the names that the source has for them. */
export const COLUMNS: Record<string, Column> = {
  share: {
    label: "In cell",
    title: "Share of the epochs at which it is in what is selected",
    kind: "share",
  },
  hard: { label: "Wrong", title: "Share of the epochs at which it is wrong", kind: "share" },
  forgotten: {
    label: "Forgotten",
    title: "How often it was right and then wrong again",
    kind: "count",
  },
  last_forgotten: {
    label: "Last forgotten",
    title: "The last epoch at which it was wrong after it had been right",
    kind: "epoch",
  },
  unsteady: {
    label: "Unsteady",
    title: "Share of epochs at which its prediction changes",
    kind: "number",
  },
  suspicious_label: {
    label: "Suspicious",
    title: "How surely other classes are predicted: a possible label error is near 1",
    kind: "number",
  },
  outlier: {
    label: "Outlier",
    title: "How little any class fits: 1 − mean confidence",
    kind: "number",
  },
  aum: {
    label: "Margin",
    title: "Mean margin of its class over the others (AUM): low for a possible label error",
    kind: "number",
  },
  confidence_mean: {
    label: "Mean p",
    title: "Mean probability of its own class",
    kind: "number",
  },
  confidence_sd: {
    label: "SD of p",
    title: "Standard deviation of the probability of its own class",
    kind: "number",
  },
};

const USUAL = ["forgotten", "suspicious_label"];
const WIDE = ["hard", "forgotten", "unsteady", "suspicious_label", "outlier"];

/** The columns that are shown: those that there is room for, and the one that sorts. */
export function shownColumns(scores: readonly string[], isWide: boolean, sorted: string): string[] {
  const usual = isWide ? WIDE : USUAL;
  const shown = sorted in COLUMNS && sorted !== "share" ? new Set([...usual, sorted]) : usual;
  return [...shown].filter((name) => scores.includes(name));
}

/** A row's number in a column, as it is written. */
export function columnText(row: InstanceRow, scores: readonly string[], name: string): string {
  const score = (column: string) => row.scores[scores.indexOf(column)];
  const value = name === "share" ? row.share : score(name);
  if (value === null || value === undefined) return "–";
  // By its definition, one that was never learned counts as forgotten at every epoch.
  if (name === "forgotten" && score("never_learned")) return "never right";
  const { kind } = COLUMNS[name];
  if (kind === "share") return formatShare(value);
  return kind === "number" ? value.toFixed(2) : formatCount(value);
}

/** A condition such as "forgotten>=2" in words. */
export function filterText(filter: string): string {
  const [, name, sign, value] = /^(\w+)([<>]=)(.*)$/.exec(filter) ?? [];
  return `${COLUMNS[name]?.label ?? name} ${sign === ">=" ? "≥" : "≤"} ${value}`;
}
