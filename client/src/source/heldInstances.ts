/** The instances in a one-file report: those of one list. */

import type { InstanceDetail, InstanceList, InstanceRow, InstancesRequest, Page } from "./source";

export interface HeldInstances {
  /** What is listed. */
  request: Pick<InstancesRequest, "series" | "actual" | "predicted" | "only" | "epochs" | "lasso">;
  list: InstanceList;
  details: InstanceDetail[];
}

export const NO_INSTANCES =
  "This report holds counts, not instances. Open the log directory to see them, or export with --instances 50.";
const OTHERS =
  "This report holds only the instances that were listed when it was made. Open its first view again, or the log directory to see others.";

/** The part of a request that a report can list, or why it can list nothing. */
export function listHeld(
  held: HeldInstances | null,
  request: InstancesRequest,
  { offset, limit }: Page = { offset: 0, limit: Infinity },
): InstanceList {
  if (!held || !isSame(held.request, request) || request.without) {
    const { runId, splitId } = request.series;
    const none = {
      ...{ ever: 0, half: 0, came: 0, stayed: 0, left: 0, passed: 0, total: 0 },
      ...{ has_images: false, has_text: false, columns: [], samples_problem: null },
    };
    const reason = held ? OTHERS : NO_INSTANCES;
    const looks = { has_images: false, has_text: false, columns: [] };
    const ids = { run_id: runId, split_id: splitId };
    const of = { ...ids, reason, classes: [], epochs: [], ...none, ...looks };
    return { series: [of], scores: [], found: 0, rows: [] };
  }
  const { list } = held;
  const text = request.search.toLowerCase();
  const rows = list.rows
    .filter(
      (row) =>
        isPassing(row, request) &&
        `${row.instance}\n${row.sample?.text ?? ""}`.toLowerCase().includes(text) &&
        request.where.every((condition) => holds(row, list.scores, condition)),
    )
    .sort((a, b) => compare(a, b, list.scores, request));
  return { ...list, found: rows.length, rows: rows.slice(offset, offset + limit) };
}

/** The rows as CSV, with the same columns as a server's table. */
export function tableHeld({ series: [of], scores, rows }: InstanceList): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const columns = ["instance", "actual", "share", "first", "last", "passage", ...scores];
  const lines = rows.map((row) =>
    [
      row.is_number ? row.instance : quote(row.instance),
      quote(of.classes[row.actual]),
      row.share ?? "",
      row.first,
      row.last,
      quote(row.passage),
      ...row.scores.map((score) => score ?? ""),
    ].join(","),
  );
  return `${[columns.map(quote).join(","), ...lines].join("\n")}\n`;
}

function isSame(held: HeldInstances["request"], asked: InstancesRequest): boolean {
  const of = ({ series, actual, predicted, only, epochs, lasso }: HeldInstances["request"]) =>
    JSON.stringify([
      ...[series.runId, series.splitId, sorted(actual), sorted(predicted)],
      ...[only, epochs, lasso],
    ]);
  return of(held) === of(asked);
}

const sorted = (names: readonly string[] | null) => names && [...names].sort();

function isPassing(row: InstanceRow, { passing }: InstancesRequest): boolean {
  if (passing === "ever") return true;
  return passing === "half" ? (row.share ?? 0) >= 0.5 : row.passage === passing;
}

function valueOf(row: InstanceRow, scores: readonly string[], column: string): number | null {
  if (column === "share" || column === "first" || column === "last") return row[column];
  return row.scores[scores.indexOf(column)] ?? null;
}

function holds(row: InstanceRow, scores: readonly string[], condition: string): boolean {
  const [, column, sign, limit] = /^([^=<>]+)([<>]?=)(.*)$/s.exec(condition) ?? [];
  const value =
    (column === "group" ? row.sample?.group : row.sample?.values[column]) ??
    valueOf(row, scores, column);
  if (value === null) return false;
  if (typeof value !== "number")
    return sign === "=" && `${value}`.toLowerCase() === limit.toLowerCase();
  if (sign === "=") return limit.trim() !== "" && value === Number(limit);
  return sign === ">=" ? value >= Number(limit) : value <= Number(limit);
}

function compare(
  a: InstanceRow,
  b: InstanceRow,
  scores: readonly string[],
  { sort, descending }: InstancesRequest,
): number {
  const sign = descending ? -1 : 1;
  if (sort === "instance") {
    if (a.is_number) return sign * (Number(a.instance) - Number(b.instance));
    return sign * (a.instance < b.instance ? -1 : Number(a.instance > b.instance));
  }
  const [left, right] = [valueOf(a, scores, sort), valueOf(b, scores, sort)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return sign * (left - right);
}
