import { momentOf } from "../../compute/time/axis";
import type { PerformanceColumn } from "../../plots/performance/scene";
import type { Session } from "../../state/session.svelte";

/** The columns of class performance, in order. */
export const COLUMN_NAMES: Record<PerformanceColumn, string> = {
  class: "Class",
  precision: "Precision",
  recall: "Recall",
  f1: "F1",
  support: "Support",
};
export const COLUMNS = Object.keys(COLUMN_NAMES) as PerformanceColumn[];

/** Says by which measure of which series the rows are sorted; empty in the order of classes. */
export function sortText(session: Session): string {
  const { column } = session.view.sort;
  return column === "class" ? "" : `sorted by ${measureOf(column)}${ofFirst(session, column)}`;
}

/** The title of a column's header: what a click does, and what its numbers are. */
export function titleOf(session: Session, column: PerformanceColumn): string {
  const { sort } = session.view;
  const isSorted = sort.column === column;
  if (column === "class")
    return isSorted
      ? "In the order of classes; click to reverse it"
      : "Sort by the order of classes";
  const by = `${measureOf(column)}${ofFirst(session, column)} at ${momentOf(session.axis, session.playhead)}`;
  const action = isSorted
    ? `Sorted by ${by}, ${sort.descending ? "highest" : "lowest"} first; click to reverse it`
    : `Sort by ${by}`;
  return column === "support" && session.aligned.length > 1
    ? `${action}. If a row has room for only one number, it is the largest.`
    : action;
}

/** Names the first of several series, by which rows are sorted. */
function ofFirst(session: Session, column: PerformanceColumn): string {
  const all = column === "support" ? session.aligned : session.series;
  return all.length > 1 ? ` of ${all[0].label}` : "";
}

function measureOf(column: PerformanceColumn): string {
  return column === "f1" ? "F1" : column;
}
