import { expect, it } from "vitest";

import type { MatrixSpot } from "./layout";
import { columnOf, isWithin, rowOf, spotIn, walk } from "./walk";

const N = 3;
const cell = (actual: number, predicted: number): MatrixSpot => ({
  kind: "cell",
  actual,
  predicted,
});

it("every spot of the grid is found again by its row and column", () => {
  for (let row = 0; row <= N; row++)
    for (let column = 0; column <= N; column++) {
      const spot = spotIn(row, column, N);
      expect([rowOf(spot, N), columnOf(spot, N)]).toEqual([row, column]);
    }
});

it("keys walk from cells to FN, FP and accuracy, and stop at the ends", () => {
  const walked = (from: MatrixSpot, ...keys: string[]) =>
    keys.reduce((spot, key) => walk(spot, key, N)!, from);
  expect(walked(cell(1, 2), "ArrowRight")).toEqual({ kind: "fn", class: 1 });
  expect(walked(cell(1, 2), "ArrowRight", "ArrowRight", "ArrowLeft")).toEqual(cell(1, 2));
  expect(walked(cell(2, 1), "ArrowDown")).toEqual({ kind: "fp", class: 1 });
  expect(walked(cell(0, 0), "End", "PageDown")).toEqual({ kind: "accuracy" });
  expect(walked({ kind: "accuracy" }, "Home", "PageUp", "ArrowUp", "ArrowLeft")).toEqual(
    cell(0, 0),
  );
  expect(walked({ kind: "fp", class: 1 }, "Home")).toEqual({ kind: "fp", class: 0 });
});

it("a spot of a class that went is none", () => {
  const spots: MatrixSpot[] = [
    cell(2, 0),
    cell(0, 2),
    { kind: "fn", class: 2 },
    { kind: "fp", class: 2 },
    { kind: "accuracy" },
  ];
  expect(spots.map((spot) => isWithin(spot, 3))).toEqual([true, true, true, true, true]);
  expect(spots.map((spot) => isWithin(spot, 2))).toEqual([false, false, false, false, true]);
});

it("stays among the cells where there are no FN and FP", () => {
  expect(walk(cell(0, 2), "ArrowRight", N, false)).toEqual(cell(0, 2));
  expect(walk(cell(0, 0), "End", N, false)).toEqual(cell(0, 2));
  expect(walk(cell(1, 1), "PageDown", N, false)).toEqual(cell(2, 1));
});

it("other keys lead nowhere", () => {
  for (const key of ["Enter", "a", "constructor"]) expect(walk(cell(0, 0), key, N)).toBeNull();
});
