import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { commonScale, type CellLine } from "./commonScale";

/** A line of an epoch for each value. */
function lineOf(values: number[]): CellLine {
  const empty = values.map(() => [[1]]);
  return { series: plottedOf("run", ["a"], [...values.keys()], empty), values };
}

it("shows the greatest count whole", () => {
  const lines = [lineOf([1, 7, 2]), lineOf([90, 3, NaN])];
  expect(commonScale(lines, [0, 2], "count")).toEqual({ size: 90, isCut: false });
  expect(commonScale(lines, [1, 2], "count")).toEqual({ size: 7, isCut: false });
});

it("is a round size that is little more than the greatest share of the range", () => {
  const sizeOf = (greatest: number) => commonScale([lineOf([0, greatest])], [0, 1], "rate").size;
  expect([0.21, 0.53, 0.043, 0.0017, 1].map(sizeOf)).toEqual([0.25, 0.6, 0.05, 0.002, 1]);
});

it("is made from the epochs after a wild start, whose larger values are cut", () => {
  const spiked = Array.from({ length: 100 }, (_, epoch) => (epoch === 3 ? 0.9 : 0.04));
  const scaleOf = (...settled: [number, number][]) =>
    commonScale([lineOf(spiked)], [0, 99], "rate", ...settled);
  expect(scaleOf()).toEqual({ size: 1, isCut: false });
  expect(scaleOf([4, 99])).toEqual({ size: 0.04, isCut: true });
});

it("is as large as the line that goes farthest, of either sign", () => {
  const lines = [lineOf([0.01, 0.02]), lineOf([-0.15, 0])];
  expect(commonScale(lines, [0, 1], "rate")).toEqual({ size: 0.15, isCut: false });
});

it("has a size without lines, so that there is something to divide by", () => {
  expect(commonScale([], [0, 1], "rate").size).toBe(1);
  expect(commonScale([], [0, 1], "count").size).toBe(1);
});
