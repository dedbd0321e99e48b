import { beforeEach, expect, it, vi } from "vitest";

import { buildTree, nodesOf } from "../../compute/classes/tree";
import { pressGroupKey } from "./groupKeys";

/** Pets and birds are animals; oaks and elms are trees. */
const tree = buildTree(
  {
    classes: ["cat", "dog", "owl", "hen", "oak", "elm"],
    groups: ["animals", "trees", "pets", "birds"],
    parents: [8, 8, 9, 9, 7, 7, -1, -1, 6, 6].map((at) => (at < 0 ? at : at - 6)),
  },
  ["cat", "dog", "owl", "hen", "oak", "elm"],
);
const nodes = new Map(Array.from(nodesOf(tree), (node) => [node.name, node]));
const node = (name: string) => nodes.get(name)!;
const [setOpen, focusOn] = [vi.fn(), vi.fn()];
const press = (key: string, row: string | null, column: string | null, root = tree) =>
  pressGroupKey(
    { tree, root, setOpen, focusOn },
    key,
    [row, column].map((name) => (name === null ? undefined : node(name))),
  );

beforeEach(() => vi.clearAllMocks());

it("opens the row and the column, and a margin has neither", () => {
  expect(press("o", "pets", "trees")).toBe(true);
  expect(setOpen).toHaveBeenLastCalledWith(true, "pets", "trees");
  press("o", "pets", null);
  expect(setOpen).toHaveBeenLastCalledWith(true, "pets");
});

it("closes the groups that the row and the column are in, but not what is shown alone", () => {
  press("p", "cat", "oak");
  expect(setOpen).toHaveBeenLastCalledWith(false, "pets", "trees");
  press("p", "pets", "birds", node("animals"));
  expect(setOpen).toHaveBeenLastCalledWith(false);
});

it("shows alone the row's group, or the group that its class is in", () => {
  press("f", "birds", "oak");
  expect(focusOn).toHaveBeenLastCalledWith("birds");
  press("f", "cat", "oak");
  expect(focusOn).toHaveBeenLastCalledWith("pets");
});

it("goes back up by one group, in the end to all classes", () => {
  press("b", "cat", "cat", node("pets"));
  expect(focusOn).toHaveBeenLastCalledWith("animals");
  press("b", "pets", "pets", node("animals"));
  expect(focusOn).toHaveBeenLastCalledWith(null);
});

it("leaves keys alone that have nothing to do", () => {
  expect(press("b", "cat", "cat")).toBe(false);
  expect(press("x", "cat", "cat")).toBe(false);
  expect(press("f", "animals", "cat") && focusOn.mock.lastCall).toEqual(["animals"]);
  expect(setOpen).not.toHaveBeenCalled();
});
