/** The columns of numbers in a list of instances. */

import { formatCount, formatShare } from "../../compute/text/format";
import type { Predicted } from "../../compute/instances/takenFor";
import type { InstanceContrasts, InstanceRow } from "../../source/source";
import { FILTER } from "../../state/link";
import type { Listed } from "../../state/view";

type ColumnContrast = InstanceContrasts["contrasts"][number];

export interface Column {
  label: string;
  title: string;
  kind: "share" | "count" | "epoch" | "number";
}

/** All columns, by the source's names for them. */
export const COLUMNS: Record<string, Column> = {
  share: {
    label: "In cell",
    title: "Share of the epochs at which it is in what is selected",
    kind: "share",
  },
  last: {
    label: "Last in cell",
    title: "The last epoch at which it is in what is selected",
    kind: "epoch",
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

/** The columns that are shown: the usual ones, and the one that sorts. */
export function shownColumns(scores: readonly string[], isWide: boolean, sorted: string): string[] {
  const usual = isWide ? WIDE : USUAL;
  const shown = sorted in COLUMNS && sorted !== "share" ? new Set([...usual, sorted]) : usual;
  return [...shown].filter((name) => scores.includes(name));
}

/** The column of the share of epochs: for all wrong predictions, it is the share of wrong epochs. */
export function firstColumn(listed: Listed): "share" | "hard" {
  return listed === "accuracy" ? "hard" : "share";
}

/** All columns that a list can be sorted and filtered by. */
export function columnsOf(scores: readonly string[], listed: Listed): string[] {
  return Object.keys(COLUMNS).filter(
    (name) => name === firstColumn(listed) || scores.includes(name),
  );
}

/** The label of a column; "In cell" only if the list is of a cell. */
export function columnLabel(name: string, listed: Listed): string {
  return name === "share" && listed !== "cell" ? "In it" : COLUMNS[name].label;
}

/** The actual class and what is predicted at an epoch, or at the last one if that is earlier. */
export function takenText(
  { strip, actual }: Predicted,
  epochs: readonly number[],
  epoch: number,
  classes: readonly string[],
): string {
  let predicted = -1;
  for (let run = 0, at = 0; run < strip.length && epochs[at] <= epoch; run += 2) {
    predicted = strip[run];
    at += strip[run + 1];
  }
  return `${classes[actual]} → ${predicted < 0 ? "–" : classes[predicted]}`;
}

/** A row's number in a column, as it is written. */
export function columnText(row: InstanceRow, scores: readonly string[], name: string): string {
  const score = (column: string) => row.scores[scores.indexOf(column)];
  const value = name === "share" ? row.share : score(name);
  if (value === null || value === undefined) return "–";
  // By definition, an instance that was never learned counts as forgotten at every epoch.
  if (name === "forgotten" && score("never_learned")) return "never right";
  const { kind } = COLUMNS[name];
  if (kind === "share") return formatShare(value);
  return kind === "number" ? value.toFixed(2) : formatCount(value);
}

/** Puts a condition such as "forgotten>=2" or "source=web" into words. */
export function filterText(filter: string): string {
  const [, name, sign, number, , text] = FILTER.exec(filter) ?? [];
  if (!sign) return `${name} is ${text}`;
  const { label, kind } = COLUMNS[name] ?? { label: name, kind: "number" };
  const value = kind === "share" ? formatShare(Number(number)) : number;
  return `${label} ${sign === ">=" ? "≥" : "≤"} ${value}`;
}

/** Puts a row's strip into words. */
export function pathText({ strip, actual }: Predicted, classes: readonly string[]): string {
  const wrong = strip.flatMap((value, at) =>
    at % 2 === 0 && value >= 0 && value !== actual ? [value] : [],
  );
  const names = [...new Set(wrong)].map((index) => classes[index]);
  return names.length ? `taken for ${names.join(", ")}` : "always right";
}

/** What sets listed instances apart, in words: "source is web: 90%, not 20%". */
export function contrastText({ column, value, listed, right }: ColumnContrast): string {
  if (value !== null)
    return `${column} is ${value}: ${formatShare(listed)}, not ${formatShare(right)}`;
  const [own, other] = [listed, right].map((number) => +number.toPrecision(3));
  return `${column} ${own}, not ${other}`;
}
