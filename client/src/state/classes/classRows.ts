import { classesOf, isGroup, type TreeNode } from "../../compute/classes/tree";
import { sortedRows } from "../scenes";
import type { Session } from "../session.svelte";

/**
 * Counts the matching classes in each closed group, because a group is found by its classes too.
 *
 * @param wanted part of a name in lower case; "": nothing is looked for
 * @returns 0 for a class; empty if classes are in no groups
 */
export function foundWithin(rows: readonly TreeNode[] | null, wanted: string): number[] {
  return (rows ?? []).map((row) =>
    wanted && isGroup(row) ? classesOf(row).filter((name) => isCalled(name, wanted)).length : 0,
  );
}

/** The sorted rows that match: first classes and groups of that name, then closed groups with such classes. */
export function filteredRows(
  session: Session,
  wanted: string,
  within: readonly number[],
): number[] {
  const rows = sortedRows(session);
  if (!wanted) return rows;
  const isNamed = (index: number) => isCalled(session.classes[index], wanted);
  return [...rows.filter(isNamed), ...rows.filter((index) => !isNamed(index) && within[index])];
}

function isCalled(name: string, wanted: string): boolean {
  return name.toLowerCase().includes(wanted);
}
