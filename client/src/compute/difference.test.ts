import { expect, it } from "vitest";

import { plottedOf } from "../testing/plotted";
import { commonEpochs, DifferenceLines, sizeOf, subtract } from "./difference";

const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;

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
