import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { DifferenceLines } from "./difference";
import { FoldedLines } from "./fold";
import type { Plotted } from "./plotted";
import { meanText, uncertaintyOf } from "./uncertainty";

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

const textOf = (...of: Parameters<typeof uncertaintyOf>) => uncertaintyOf(...of).interval;

it("is as wide as so few instances make it", () => {
  expect(uncertaintyOf(run, CELL, "rate", [1, 2])).toEqual({
    interval: "4.0–23.1%",
    about: "of the rate",
  });
  // Of the predictions as b, of which there are fewer.
  expect(textOf(run, CELL, "predicted", [1, 2])).toBe("11.7–54.6%");
});

it("is of the mean where several epochs are meant", () => {
  expect(textOf(run, CELL, "rate", [0, 3])).toBe(textOf(run, CELL, "rate", [1, 2]));
});

it("is given for F1, of the instances that are of the class or taken for it", () => {
  // 36 right, 4 missed, none taken for it: 36 of 40, of which Wilson's is 76.9 to 96.0 %.
  expect(textOf(run, { kind: "f1", class: 0 }, "rate", [1, 2])).toBe("87.0–98.0%");
});

it("is left out for counts, and says why an average over classes has none", () => {
  expect(uncertaintyOf(run, CELL, "count", [1, 2])).toEqual({ interval: "", about: "" });
  const average = { kind: "accuracy", average: "macro_f1" } as const;
  const line = new Float64Array(3).fill(0.5);
  const averaged = { ...run, lines: { ...run.lines, of: () => line } } as unknown as Plotted;
  expect(uncertaintyOf(averaged, average, "rate", [1, 2])).toEqual({
    interval: "",
    about: "an average over classes is not a share of instances",
  });
});

const runOf = (wrong: number) =>
  plottedOf(
    `run ${wrong}`,
    ["a", "b"],
    [0],
    [
      [
        [40 - wrong, wrong],
        [0, 10],
      ],
    ],
  );

function foldOf(...members: Plotted[]): Plotted {
  const lines = new FoldedLines(members, "range");
  const folded = {
    members,
    runs: members.length,
    spread: lines.spread,
    countOf: lines.countOf.bind(lines),
  };
  return { ...members[0], lines, folded };
}

function compare(series: Plotted, baseline: Plotted): Plotted {
  const lines = new DifferenceLines(series, baseline);
  return { ...series, lines, compared: { series, baseline, noise: lines.noise.bind(lines) } };
}

it("is Student's for the mean of runs, and says so of one run alone", () => {
  // 5, 10 and 15 %: 10 ± 4.3027 · 5 / √3, which cannot be below 0.
  expect(uncertaintyOf(foldOf(...[2, 4, 6].map(runOf)), CELL, "rate", [0, 1])).toEqual({
    interval: "0–22.4%",
    about: "of the mean over runs",
  });
  const other = plottedOf("other", ["c"], [0], [[[5]]], ["a", "b"]);
  expect(uncertaintyOf(foldOf(runOf(2), other), CELL, "rate", [0, 1])).toEqual({
    interval: "",
    about: "only one run has a value",
  });
});

it("is Newcombe's for a difference of two series, and Welch's for one of two folds", () => {
  expect(uncertaintyOf(compare(runOf(6), runOf(2)), CELL, "rate", [0, 1])).toEqual({
    interval: "−4.0 to +24.5",
    about: "of the difference, as of two independent samples",
  });
  const [few, many] = [foldOf(...[2, 4, 6].map(runOf)), foldOf(...[12, 14, 16].map(runOf))];
  expect(uncertaintyOf(compare(many, few), CELL, "rate", [0, 1])).toEqual({
    interval: "+13.7 to +36.3",
    about: "of the difference of means over runs",
  });
  expect(uncertaintyOf(compare(many, runOf(2)), CELL, "rate", [0, 1])).toEqual({
    interval: "",
    about: "one side is a single run, whose spread is not known",
  });
});

it("has the mean over a range of two epochs and more", () => {
  expect(meanText(run, CELL, "rate", [1, 2])).toBe("12.5%");
  expect(meanText(run, CELL, "count", [0, 2])).toBe("4");
  expect(meanText(run, CELL, "rate", [1, 1])).toBe("");
});
