import { describe, expect, it } from "vitest";

import { CELL, expectColumn, golden, members, runOf } from "../../testing/folds";
import { plottedOf } from "../../testing/plotted";
import {
  commonEpochs,
  differenceOf,
  DifferenceLines,
  sizeOf,
  subtract,
  summariseDifferences,
} from "./difference";
import { foldSeries } from "./fold";
import { lineOf } from "./plotted";
import { Strips } from "./strips";
import { tooltipAt, tooltipOfPixel } from "../text/tooltip";

const seriesOf = (epochs: number[], counts: number[], support: number) =>
  plottedOf(
    "run",
    ["a", "b"],
    epochs,
    counts.map((count) => [
      [support - count, count],
      [0, support],
    ]),
  );

it("compares the epochs that both have", () => {
  const { epochs, own, other } = commonEpochs(
    { epochs: [0, 2, 3], stride: 1 },
    { epochs: [1, 2, 3, 4], stride: 1 },
  );
  expect([epochs, own, other].map((all) => Array.from(all))).toEqual([
    [2, 3],
    [1, 2],
    [1, 2],
  ]);
});

it("subtracts rates, by which splits of different size compare, and counts as they are", () => {
  const lines = new DifferenceLines(
    seriesOf([0, 1, 2], [1, 3, 5], 10),
    seriesOf([1, 2], [10, 20], 100),
  );
  expect(Array.from(lines.common.epochs)).toEqual([1, 2]);
  const rates = lines.of(CELL, "rate");
  expect(rates[0]).toBeCloseTo(0.3 - 0.1, 12);
  expect(rates[1]).toBeCloseTo(0.5 - 0.2, 12);
  expect(Array.from(lines.of(CELL, "count"))).toEqual([-7, -15]);
});

it("takes what rounding alone makes different for equal, and keeps undefined values undefined", () => {
  const common = {
    epochs: Float64Array.of(0, 1, 2),
    own: Int32Array.of(0, 1, 2),
    other: Int32Array.of(0, 1, 2),
  };
  expect(Array.from(subtract([0.1 + 0.2, NaN, 0.5], [0.3, 0.1, 0.25], common))).toEqual([
    0,
    NaN,
    0.25,
  ]);
});

it("finds how far a line goes from 0 on either side", () => {
  expect(sizeOf(null, [0.1, -0.4, NaN, 0.9], 0, 3)).toBe(0.4);
});

describe("a difference", () => {
  it("has the golden numbers, which Python has too", () => {
    const lines = new DifferenceLines(members[1], members[0]);
    expect([...lines.common.epochs]).toEqual(golden.difference.epochs);
    expectColumn(lines.of(CELL, "rate"), golden.difference.values);
  });

  it("is of the epochs that both have, and undefined where either is", () => {
    const common = commonEpochs(
      { epochs: [0, 2, 4, 5], stride: 2 },
      { epochs: [1, 2, 5], stride: 2 },
    );
    expect([...common.epochs]).toEqual([2, 5]);
    expect([...subtract([1, 2, 3, 4], [9, 5, 7], common)]).toEqual([-3, -3]);
    expect([...subtract([1, NaN, 3, 4], [9, 5, NaN], common)]).toEqual([NaN, NaN]);
    // The same mean, added up in another order.
    const mean = 0.1 + 0.2 + 0.3;
    const other = 0.3 + 0.2 + 0.1;
    expect(mean).not.toBe(other);
    expect([...subtract([0, mean, 0, other], [0, other, mean], common)]).toEqual([0, 0]);
  });

  it("is read signed, with both values behind it", () => {
    const { value, counts } = tooltipAt(differenceOf(members[1], members[0]), CELL, "rate", 0);
    expect([value, counts]).toEqual(["+5.0 points", "25.0% − 20.0%"]);
    const less = tooltipAt(differenceOf(members[0], members[1]), CELL, "count", 0);
    expect([less.value, less.counts]).toEqual(["−8", "2 − 10"]);
    expect(tooltipAt(differenceOf(members[1], members[0]), CELL, "rate", 7).note).toBe(
      "not logged by both",
    );
  });

  it("is on one scale for both signs, as large as the greatest of either", () => {
    const both = [differenceOf(members[0], members[1]), differenceOf(members[1], members[0])];
    const sizes = golden.difference.values.map((value) => Math.abs(value ?? 0));
    expect(summariseDifferences([both[0]], [0, 9], "rate").greatest).toBeCloseTo(
      Math.max(...sizes),
      12,
    );
    expect(summariseDifferences(both, [0, 9], "rate").greatest).toBeCloseTo(Math.max(...sizes), 12);
  });

  it("keeps peaks of either sign, and no ticks of what chance explains", () => {
    const n = 40;
    const epochs = Array.from({ length: n }, (_, e) => e);
    const matrix = (wrong: number) => [
      [100 - wrong, wrong],
      [0, 100],
    ];
    const baseline = runOf(
      epochs,
      epochs.map((e) => matrix(e % 2 ? 9 : 11)),
    );
    const series = runOf(
      epochs,
      epochs.map((e) => matrix(e === 12 ? 90 : e === 14 ? 0 : e % 3 ? 10 : 12)),
    );
    const low = runOf(
      epochs,
      epochs.map((e) => matrix(e === 33 ? 0 : 70)),
    );
    const strips = new Strips(
      [differenceOf(series, baseline), differenceOf(low, baseline)],
      [0, n - 1],
      1,
      4,
      "rate",
    );
    const [first, second] = [strips.of(0, CELL)!, strips.of(1, CELL)!];
    expect([...first.peak!].map((value) => Number(value.toFixed(2)))).toEqual([
      NaN,
      0.79,
      NaN,
      NaN,
    ]);
    expect(first.trough).toBeNull();
    expect([...second.trough!].map((value) => Number(value.toFixed(2)))).toEqual([
      NaN,
      NaN,
      NaN,
      -0.09,
    ]);
    const { value, note } = tooltipOfPixel(differenceOf(series, baseline), CELL, "rate", [10, 20]);
    const mean =
      epochs
        .slice(10, 20)
        .reduce(
          (sum, e) => sum + (lineOf(series, CELL, "rate")![e] - lineOf(baseline, CELL, "rate")![e]),
          0,
        ) / 10;
    expect(value).toBe(`+${(100 * mean).toFixed(1)} points`);
    expect(note).toBe("−11.0 at 14, +79.0 at 12");
  });

  it("of a fold has the band less the baseline's mean", () => {
    const lines = new DifferenceLines(foldSeries(members, "range"), members[0]);
    const at = lines.common.epochs.indexOf(0);
    const { low, high } = lines.interval(CELL, "rate")!;
    expect(low[at]).toBeCloseTo(0.2 - 0.2, 12);
    expect(high[at]).toBeCloseTo(0.4 - 0.2, 12);
  });
});
