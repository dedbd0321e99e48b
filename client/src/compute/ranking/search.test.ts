import { expect, it } from "vitest";

import { findCells } from "./search";

const NAMES = ["Cat", "dog", "wild dog", "cattle", "a->b", "class 1", "class 2"];
const CELLS = NAMES.flatMap((_, actual) =>
  NAMES.flatMap((_, predicted) => (actual === predicted ? [] : [{ actual, predicted }])),
);

const found = (text: string) =>
  findCells(CELLS, NAMES, text).map(
    ({ actual, predicted }) => `${NAMES[actual]} → ${NAMES[predicted]}`,
  );

it("finds all cells of the classes that have one name in theirs", () => {
  expect(findCells(CELLS, NAMES, "  ")).toBe(CELLS);
  const of = found("wild DOG ");
  expect(of).toHaveLength(12);
  expect(of.every((name) => name.includes("wild dog"))).toBe(true);
});

it("finds the cells between two names, either way", () => {
  expect(found("dog cat")).toEqual([
    "Cat → dog",
    "Cat → wild dog",
    "dog → Cat",
    "dog → cattle",
    "wild dog → Cat",
    "wild dog → cattle",
    "cattle → dog",
    "cattle → wild dog",
  ]);
  expect(found("class 1 class 2")).toEqual(["class 1 → class 2", "class 2 → class 1"]);
});

it("finds the cells from one name to another by an arrow", () => {
  expect(found("cat → wild dog")).toEqual(["Cat → wild dog", "cattle → wild dog"]);
  expect(found("wild->cat")).toEqual(["wild dog → Cat", "wild dog → cattle"]);
  expect(found("→ cattle")).toEqual(
    NAMES.filter((name) => name !== "cattle").map((name) => `${name} → cattle`),
  );
});

it("takes an arrow for part of a name where a class has it", () => {
  expect(found("a->b").every((name) => name.includes("a->b"))).toBe(true);
});

it("finds nothing by what no class is called", () => {
  expect(found("cow")).toEqual([]);
  expect(found("cat cow")).toEqual([]);
  expect(found("cat → cow")).toEqual([]);
});
