import { expect, it } from "vitest";

import { DifferenceLines } from "../compute/difference";
import { FoldedLines } from "../compute/fold";
import { Lines } from "../compute/lines";
import { withMeasures } from "../compute/measures";
import type { Plotted } from "../compute/plotted";
import type { LoggedData } from "../compute/data";
import { performanceScale } from "./performance";
import { curveFloor } from "./timeline";

/** A run of one epoch in which so many of ten instances of each of two classes are right. */
function runOf(right: number): Plotted {
  const data = withMeasures({
    classes: ["a", "b"],
    epochs: Uint8Array.of(0),
    cellActual: Uint16Array.of(0, 0, 1, 1),
    cellPredicted: Uint16Array.of(0, 1, 0, 1),
    counts: Uint32Array.of(right, 10 - right, 10 - right, right),
    support: Uint32Array.of(10, 10),
    predictedTotal: Uint32Array.of(10, 10),
    accuracy: Float64Array.of(right / 10),
  } as Partial<LoggedData> as LoggedData);
  return {
    label: "",
    color: 0,
    lines: new Lines(data),
    epochs: data.epochs,
    stride: 1,
    classIndex: Int32Array.of(0, 1),
  };
}

function foldOf(...runs: Plotted[]): Plotted {
  const lines = new FoldedLines(runs, "range");
  return {
    ...runs[0],
    lines,
    folded: {
      members: runs,
      runs: runs.length,
      spread: "range",
      countOf: lines.countOf.bind(lines),
    },
  };
}

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
  const series = [{ ...fold, lines: new DifferenceLines(fold, baseline), folded: undefined }];
  expect(performanceScale({ classes: ["a", "b"], series, baseline, range: [0, 0] })).toEqual({
    low: -0.5,
    high: 0.5,
    isCut: false,
  });
});
