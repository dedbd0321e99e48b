import { expect, it } from "vitest";

import { differenceOf } from "../../compute/series/difference";
import { foldSeries } from "../../compute/series/fold";
import type { Plotted } from "../../compute/series/plotted";
import { plottedOf } from "../../testing/plotted";
import { curveFloor } from "../timeline";
import { performanceScale } from "./scale";

/** A run of one epoch in which so many of ten instances of each of two classes are right. */
function runOf(right: number): Plotted {
  const wrong = 10 - right;
  return plottedOf(
    "",
    ["a", "b"],
    [0],
    [
      [
        [right, wrong],
        [wrong, right],
      ],
    ],
  );
}

const foldOf = (...runs: Plotted[]) => foldSeries(runs, "range");

it("scales have room for the bands of folds, whose means lie higher", () => {
  const scaleOf = (series: Plotted) =>
    performanceScale({ classes: ["a", "b"], series: [series], baseline: null, range: [0, 0] });
  expect(scaleOf(runOf(7))).toEqual({ low: 0.7, high: 1, isCut: false });
  expect(scaleOf(foldOf(runOf(4), runOf(10)))).toEqual({ low: 0.4, high: 1, isCut: false });
  expect(
    [runOf(7), foldOf(runOf(4), runOf(10))].map((series) =>
      curveFloor([series], [0, 0], { kind: "accuracy" }),
    ),
  ).toEqual([0.7, 0.4]);
});

it("the scale of differences has room for both edges of a fold's bands", () => {
  const [baseline, fold] = [runOf(7), foldOf(runOf(3), runOf(10))];
  const series = [differenceOf(fold, baseline)];
  expect(performanceScale({ classes: ["a", "b"], series, baseline, range: [0, 0] })).toEqual({
    low: -0.5,
    high: 0.5,
    isCut: false,
  });
});
