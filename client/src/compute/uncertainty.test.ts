import { expect, it } from "vitest";

import { plottedOf } from "../testing/plotted";
import { intervalText, meanText } from "./uncertainty";

const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;
const run = plottedOf(
  "run",
  ["a", "b"],
  [0, 1, 2],
  [2, 4, 6].map((wrong) => [
    [40 - wrong, wrong],
    [0, 10],
  ]),
);

it("is as wide as so few instances make it", () => {
  expect(intervalText(run, CELL, "rate", [1, 2])).toBe("4.0–23.1%");
  // Of the predictions as b, of which there are fewer.
  expect(intervalText(run, CELL, "predicted", [1, 2])).toBe("11.7–54.6%");
});

it("is of the mean where several epochs are meant", () => {
  expect(intervalText(run, CELL, "rate", [0, 3])).toBe(intervalText(run, CELL, "rate", [1, 2]));
});

it("is left out for counts and for what is no share of instances", () => {
  expect(intervalText(run, CELL, "count", [1, 2])).toBe("");
  expect(intervalText(run, { kind: "f1", class: 0 }, "rate", [1, 2])).toBe("");
  expect(intervalText(run, { kind: "accuracy", average: "macro_f1" }, "rate", [1, 2])).toBe("");
});

it("has the mean over a range of two epochs and more", () => {
  expect(meanText(run, CELL, "rate", [1, 2])).toBe("12.5%");
  expect(meanText(run, CELL, "count", [0, 2])).toBe("4");
  expect(meanText(run, CELL, "rate", [1, 1])).toBe("");
});
