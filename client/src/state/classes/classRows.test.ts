import { expect, it } from "vitest";

import { buildTree } from "../../compute/classes/tree";
import { filteredRows, foundWithin } from "./classRows";
import type { Session } from "../session.svelte";

const tree = buildTree(
  {
    classes: ["cat", "wildcat", "owl"],
    groups: ["cats", "birds"],
    parents: [0, 0, -1, -1, -1],
  },
  ["cat", "wildcat", "owl"],
);
/** The closed group of both cats, and the owl. */
const rows = tree.members;
const session = {
  classes: rows.map(({ name }) => name),
  series: [],
  aligned: [],
  view: { sort: { column: "class", descending: false } },
} as unknown as Session;

it("counts the matching classes in closed groups", () => {
  expect(rows.map(({ name }) => name)).toEqual(["cats", "owl"]);
  expect(foundWithin(rows, "wild")).toEqual([1, 0]);
  expect(foundWithin(rows, "")).toEqual([0, 0]);
  expect(foundWithin(null, "wild")).toEqual([]);
});

it("keeps the rows of that name, then the groups with such classes", () => {
  const found = (wanted: string) => filteredRows(session, wanted, foundWithin(rows, wanted));
  expect(found("")).toEqual([0, 1]);
  expect(found("owl")).toEqual([1]);
  expect(found("wildcat")).toEqual([0]);
  expect(found("dog")).toEqual([]);
});

it("has a row of that name before a group with such classes, whatever the order is", () => {
  const sorted = { ...session, classes: ["cats", "caterpillar"] } as Session;
  const within = [2, 0];
  expect(filteredRows(sorted, "cater", within)).toEqual([1, 0]);
});
