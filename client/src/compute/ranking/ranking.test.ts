import { describe, expect, it } from "vitest";

import type { SeriesData } from "../series/data";
import { matchClasses } from "../classes/classes";
import { DifferenceLines } from "../series/difference";
import { Lines } from "../series/lines";
import type { Plotted } from "../series/plotted";
import { pairCells, rankCells, type Ranking } from "./ranking";

const SHOWN = ["a", "b", "c"];

/** A series from its cube, by epoch, actual and predicted class. */
function plotted(label: string, classes: string[], epochs: number[], cube: number[][][]): Plotted {
  const n = classes.length;
  const pairs = classes.flatMap((_, actual) =>
    classes.map((_, predicted) => [actual, predicted] as const),
  );
  const stored = pairs.filter(([actual, predicted]) =>
    cube.some((matrix) => matrix[actual][predicted]),
  );
  const data = {
    classes,
    epochs: Uint32Array.from(epochs),
    cellActual: Uint16Array.from(stored, ([actual]) => actual),
    cellPredicted: Uint16Array.from(stored, ([, predicted]) => predicted),
    counts: Float64Array.from(
      stored.flatMap(([actual, predicted]) => cube.map((matrix) => matrix[actual][predicted])),
    ),
    support: Float64Array.from(
      Array.from({ length: n }, (_, actual) =>
        cube.map((matrix) => matrix[actual].reduce((sum, count) => sum + count, 0)),
      ).flat(),
    ),
  } as unknown as SeriesData;
  const lines = new Lines(data);
  return {
    label,
    color: 0,
    lines,
    epochs: data.epochs,
    stride: 1,
    classIndex: matchClasses(SHOWN, classes).index,
  };
}

const small = plotted(
  "small",
  ["a", "b", "c"],
  [0, 1, 2, 3],
  [
    [
      [9, 1, 0],
      [0, 9, 1],
      [0, 0, 0],
    ],
    [
      [8, 1, 1],
      [0, 10, 0],
      [0, 0, 10],
    ],
    [
      [8, 1, 1],
      [5, 5, 0],
      [0, 0, 10],
    ],
    [
      [7, 2, 1],
      [0, 10, 0],
      [1, 0, 9],
    ],
  ],
);
// The same classes in another order, of which one is not shown.
const large = plotted(
  "large",
  ["c", "x", "b", "a"],
  [2, 3],
  [
    [
      [100, 0, 0, 0],
      [0, 100, 0, 0],
      [0, 0, 50, 50],
      [30, 0, 0, 70],
    ],
    [
      [100, 0, 0, 0],
      [50, 50, 0, 0],
      [0, 0, 92, 8],
      [30, 0, 0, 70],
    ],
  ],
);

function ranked(
  by: Ranking,
  all: Plotted[],
  range: [number, number],
  epoch: number,
  values: "rate" | "count" = "rate",
) {
  return rankCells(all, by, range, epoch, values).map(({ actual, predicted, score, of }) => [
    SHOWN[actual] + SHOWN[predicted],
    Math.round(score * 1e6) / 1e6,
    ...of.map(({ series, at }) => `${series.label} ${series.epochs[at]}`),
  ]);
}

describe("rankCells", () => {
  it("ranks by the value at an epoch, of whichever series has the greatest", () => {
    expect(ranked("now", [small, large], [0, 3], 3)).toEqual([
      ["ac", 0.3, "large 3"],
      // The 0.2 and 0.1 are of two instances and one.
      ["ba", 0.08, "large 3"],
      ["ab", 0.2, "small 3"],
      ["ca", 0.1, "small 3"],
    ]);
  });

  it("finds what one epoch did, within the range only", () => {
    expect(ranked("peak", [small], [0, 3], 3)[0]).toEqual(["ba", 0.5, "small 2"]);
    expect(ranked("peak", [small], [0, 1], 3)).toEqual([
      ["ab", 0.1, "small 0"],
      ["ac", 0.1, "small 1"],
      ["bc", 0.1, "small 0"],
    ]);
  });

  it("finds a spike of one epoch among a million cells", () => {
    const n = 1000;
    const classes = Array.from({ length: n }, (_, i) => `c${i}`);
    const data = {
      classes,
      epochs: Uint32Array.of(0, 1, 2),
      cellActual: Uint16Array.from({ length: n }, (_, i) => i),
      cellPredicted: Uint16Array.from({ length: n }, (_, i) => (i + 1) % n),
      counts: Float64Array.from({ length: 3 * n }, (_, i) => (i === 3 * 617 + 1 ? 20 : 2)),
      support: new Float64Array(3 * n).fill(50),
    } as unknown as SeriesData;
    const one = {
      ...small,
      lines: new Lines(data),
      epochs: data.epochs,
      classIndex: matchClasses(classes, classes).index,
    };
    const [first] = rankCells([one], "peak", [0, 2], 2, "rate");
    expect([first.actual, first.predicted, first.score, first.of[0].at]).toEqual([
      617, 618, 0.4, 1,
    ]);
  });

  it("ranks by the rise of the line of least squares, over the epochs that have a number", () => {
    // c has no instances in epoch 0: 0, 0, 0.1 at epochs 1 to 3 rise by 0.05 an epoch.
    expect(ranked("rising", [small], [0, 3], 3)).toEqual([
      ["ba", 0.15, "small 3"],
      ["ca", 0.1, "small 3"],
      ["ab", 0.09, "small 3"],
      ["ac", 0.09, "small 3"],
    ]);
    expect(ranked("rising", [small], [2, 2], 2)).toEqual([]);
  });

  it("ranks by the difference of means, and names both series", () => {
    expect(ranked("difference", [small, large], [2, 3], 3)).toEqual([
      ["ac", 0.2, "large 3", "small 3"],
      ["ba", 0.04, "large 3", "small 3"],
      ["ab", 0.15, "small 3", "large 3"],
      ["ca", 0.05, "small 3", "large 3"],
    ]);
  });

  it("ranks differences from a baseline by their size, whatever their sign", () => {
    const lines = new DifferenceLines(large, small);
    const less = {
      ...large,
      lines,
      epochs: lines.common.epochs,
      classIndex: Int32Array.of(0, 1, 2),
      compared: { series: large, baseline: small, noise: lines.noise.bind(lines) },
    };
    expect(ranked("now", [less], [0, 3], 3)).toEqual([
      ["ab", -0.2, "large 3"],
      ["ac", 0.2, "large 3"],
      ["ca", -0.1, "large 3"],
      ["ba", 0.08, "large 3"],
    ]);
    // At epoch 2 b is taken for a in half of both.
    expect(ranked("peak", [less], [2, 2], 2)[0]).toEqual(["ac", 0.2, "large 2"]);
    expect(ranked("difference", [less], [0, 3], 3)).toEqual([
      ["ac", 0.2, "large 3"],
      ["ab", -0.15, "large 3"],
      ["ca", -0.05, "large 3"],
      ["ba", 0.04, "large 3"],
    ]);
    expect(ranked("rising", [less], [2, 3], 3)[0].slice(0, 2)).toEqual(["ab", -0.1]);
  });

  it("never lets a line of least squares rise by more than the values do", () => {
    // 0, 0, 0, 1, 1, 1 of 10 each: the line through them rises by 1.286.
    const late = plotted(
      "late",
      ["a", "b"],
      [0, 1, 2, 3, 4, 5],
      [0, 0, 0, 10, 10, 10].map((count) => [
        [10 - count, count],
        [0, 10],
      ]),
    );
    expect(ranked("rising", [late], [0, 5], 5)).toEqual([["ab", 1, "late 5"]]);
    expect(ranked("rising", [late], [0, 5], 5, "count")).toEqual([["ab", 10, "late 5"]]);
  });

  it("finds the largest jump, up or down, and where it ends", () => {
    expect(ranked("jump", [large], [2, 3], 3)).toEqual([["ba", -0.42, "large 3"]]);
    // Over epoch 0, in which c has no instances, nothing jumps.
    expect(ranked("jump", [small], [0, 3], 3)[0]).toEqual(["ba", 0.5, "small 2"]);
    expect(ranked("jump", [small], [0, 1], 3).map(([cell]) => cell)).toEqual(["ac", "bc"]);
  });

  it("puts the two cells of a pair together, where the first of them stands", () => {
    const cells = rankCells([small, large], "now", [0, 3], 3, "rate");
    expect(
      pairCells(cells).map((pair) =>
        pair.map((cell) => SHOWN[cell.actual] + SHOWN[cell.predicted]),
      ),
    ).toEqual([
      ["ac", "ca"],
      ["ba", "ab"],
    ]);
  });

  it("counts where the page does", () => {
    expect(ranked("now", [small, large], [0, 3], 3, "count")[0]).toEqual(["ac", 30, "large 3"]);
  });
});
