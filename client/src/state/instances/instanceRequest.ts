import { classesOf, type TreeNode } from "../../compute/classes/tree";
import type { InstancesRequest } from "../../source/source";
import { refOf, type LeafSeries } from "../series/series";
import type { Selection, ViewState } from "../view";

interface GroupNodes {
  readonly nodes: ReadonlyMap<string, TreeNode>;
}

/** The part of a session that a request for a list of instances is made from. */
interface RequestContext {
  readonly view: ViewState;
  readonly selection: Selection;
  readonly range: [number, number];
  readonly groups: GroupNodes;
}

/**
 * The request for the instances behind the selection.
 *
 * @param own the series whose instances are listed
 * @param other the series that is compared with it, whose instances may be left out
 * @returns null if there is nothing to list: no series, or an axis without epochs
 */
export function listRequest(
  { view, selection, range, groups }: RequestContext,
  own: LeafSeries | null,
  other: LeafSeries | null,
): InstancesRequest | null {
  if (!own || view.align !== "epoch") return null;
  const { column, descending } = view.instanceSort;
  const all = { actual: null, predicted: null, only: "all" as const };
  return {
    series: refOf(own),
    // A lasso may hold instances of all cells, including those that are never wrong.
    ...(view.lasso.length ? all : cellsOf(selection, groups)),
    epochs: range,
    passing: view.lasso.length ? "ever" : view.passing,
    lasso: view.lasso,
    search: view.instanceSearch,
    where: view.instanceFilters,
    without: other && view.onlyOne ? refOf(other) : null,
    sort: column,
    descending,
  };
}

/** The cells of a selection, by their classes. */
export function cellsOf(
  selection: Selection,
  groups: GroupNodes,
): Pick<InstancesRequest, "actual" | "predicted" | "only"> {
  const members = (name: string) => membersOf(name, groups);
  switch (selection.kind) {
    case "accuracy":
      return { actual: null, predicted: null, only: "wrong" };
    case "cell":
      return {
        actual: members(selection.actual),
        predicted: members(selection.predicted),
        only: "all",
      };
    case "fn":
      return { actual: members(selection.class), predicted: null, only: "wrong" };
    case "fp":
    case "precision":
      return { actual: null, predicted: members(selection.class), only: "wrong" };
    default:
      return { actual: members(selection.class), predicted: null, only: "all" };
  }
}

/** The classes of a group, or a single class. */
export function membersOf(name: string, groups: GroupNodes): readonly string[] {
  const node = groups.nodes.get(name);
  return node ? classesOf(node) : [name];
}
