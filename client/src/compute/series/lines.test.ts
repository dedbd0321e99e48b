import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { denominatorOf, keyOfTarget, type Target } from "./lines";

/** Rows are actual; b has no instances in epoch 4. */
const { lines } = plottedOf(
  "run",
  ["a", "b"],
  [3, 4],
  [
    [
      [6, 2],
      [1, 3],
    ],
    [
      [5, 5],
      [0, 0],
    ],
  ],
);

it("divides a cell by the support of its actual class, and is undefined without one", () => {
  const wrong = { kind: "cell", actual: 1, predicted: 0 } as const;
  expect(Array.from(lines.of(wrong, "rate"))).toEqual([0.25, NaN]);
  expect(Array.from(lines.of(wrong, "count"))).toEqual([1, 0]);
  expect(Array.from(lines.denominators(wrong, "rate"))).toEqual([4, 0]);
});

it("divides false negatives by support and false positives by what was predicted", () => {
  const of = (kind: "fn" | "fp", index: number) =>
    Array.from(lines.of({ kind, class: index }, "rate"));
  expect(of("fn", 0)).toEqual([2 / 8, 5 / 10]);
  expect(of("fp", 1)).toEqual([2 / 5, 5 / 5]);
  expect(Array.from(lines.denominators({ kind: "fp", class: 1 }, "rate"))).toEqual([5, 5]);
});

it("has the accuracy of all instances, of which there are so many", () => {
  expect(Array.from(lines.of({ kind: "accuracy" }, "rate"))).toEqual([9 / 12, 5 / 10]);
  expect(Array.from(lines.denominators({ kind: "accuracy" }, "rate"))).toEqual([12, 10]);
});

it("returns the same line for the same target, by which what is worked out is kept", () => {
  const cell = { kind: "cell", actual: 0, predicted: 1 } as const;
  expect(lines.of(cell, "rate")).toBe(lines.of({ ...cell }, "rate"));
  expect(lines.of({ kind: "f1", class: 1 }, "rate")).toBe(
    lines.of({ kind: "f1", class: 1 }, "rate"),
  );
});

it("tells all targets of a thousand classes apart", () => {
  const targets: Target[] = [{ kind: "accuracy" }];
  for (const index of [0, 1, 999]) {
    for (const kind of ["inside", "fn", "fp", "precision", "recall", "f1", "support"] as const)
      targets.push({ kind, class: index });
    for (const predicted of [0, 1, 999]) targets.push({ kind: "cell", actual: index, predicted });
  }
  expect(new Set(targets.map(keyOfTarget)).size).toBe(targets.length);
});

it("says by name what has the same denominators", () => {
  expect(denominatorOf({ kind: "cell", actual: 2, predicted: 0 }, "rate")).toBe(
    denominatorOf({ kind: "recall", class: 2 }, "rate"),
  );
  expect(denominatorOf({ kind: "precision", class: 2 }, "rate")).not.toBe(
    denominatorOf({ kind: "recall", class: 2 }, "rate"),
  );
});

it("says which part of an epoch is missing", () => {
  const { data } = plottedOf("run", ["a"], [0, 1], [[[1]], [[1]]]).lines;
  data.coverage[1] = 0.75;
  data.rankCount[1] = 3;
  data.worldSize[1] = 4;
  const partial = plottedOf("run", ["a"], [0, 1], [[[1]], [[1]]]).lines;
  Object.assign(partial.data, data);
  expect([partial.missingAt(0), partial.missingAt(1)]).toEqual(["", "3 of 4 ranks, 75.0%"]);
});

it("divides by the predicted class or by all instances where that is asked", () => {
  const wrong = { kind: "cell", actual: 1, predicted: 0 } as const;
  expect(Array.from(lines.of(wrong, "predicted"))).toEqual([1 / 7, 0]);
  expect(Array.from(lines.of(wrong, "all"))).toEqual([1 / 12, 0]);
  expect(Array.from(lines.of({ kind: "fn", class: 0 }, "all"))).toEqual([2 / 12, 5 / 10]);
  // They sum cells of several predicted classes.
  expect(lines.of({ kind: "fn", class: 0 }, "predicted")).toBe(
    lines.of({ kind: "fn", class: 0 }, "rate"),
  );
});
