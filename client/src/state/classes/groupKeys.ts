import { isGroup, type TreeNode } from "../../compute/classes/tree";
import type { Groups } from "./groups.svelte";

/** The part of groups that keys read and change. */
type Opening = Pick<Groups, "tree" | "root" | "setOpen" | "focusOn">;

/**
 * Opens (o), closes (p) or shows alone (f) the groups of a row and a column, or goes back up (b).
 *
 * @param nodes of the row and of the column; undefined for a margin
 * @returns whether the key is one of these and has something to do
 */
export function pressGroupKey(
  groups: Opening,
  key: string,
  nodes: readonly (TreeNode | undefined)[],
): boolean {
  const { tree, root } = groups;
  const here = nodes.filter((node) => node !== undefined);
  const [row] = nodes;
  const group = row && (isGroup(row) ? row : row.parent);
  if (key === "o") groups.setOpen(true, ...here.map(({ name }) => name));
  else if (key === "p") {
    const around = here.flatMap(({ parent }) => (parent && parent !== root ? [parent.name] : []));
    groups.setOpen(false, ...around);
  } else if (key === "f" && group && group !== tree) groups.focusOn(group.name);
  else if (key === "b" && root !== tree) groups.focusOn(root!.parent!.name || null);
  else return false;
  return true;
}
