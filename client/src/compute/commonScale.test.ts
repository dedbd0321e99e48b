import { expect, it } from "vitest";

import { plottedOf } from "../testing/plotted";
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

it("cuts a few shares that would flatten all others", () => {
  const spiked = Array.from({ length: 100 }, (_, epoch) => (epoch === 3 ? 0.9 : 0.04));
  expect(commonScale([lineOf(spiked)], [0, 99], "rate")).toEqual({ size: 0.05, isCut: true });
  expect(commonScale([lineOf(spiked)], [10, 99], "rate")).toEqual({ size: 0.05, isCut: false });
});

it("is as large as the line that goes farthest, of either sign", () => {
  const lines = [lineOf([0.01, 0.02]), lineOf([-0.15, 0])];
  expect(commonScale(lines, [0, 1], "rate")).toEqual({ size: 0.2, isCut: false });
});

it("has a size without lines, so that there is something to divide by", () => {
  expect(commonScale([], [0, 1], "rate").size).toBe(1);
  expect(commonScale([], [0, 1], "count").size).toBe(1);
});
