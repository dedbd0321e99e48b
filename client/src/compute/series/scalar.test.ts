import { expect, it } from "vitest";

import { formatScalar, scalarHeight, scalarScale, type Scalar } from "./scalar";

function scalar(...values: number[][]): Scalar {
  const lines = values.map((line) => ({
    label: "run",
    color: 0,
    epochs: line.map((_, e) => e),
    stride: 1,
    values: Float64Array.from(line),
  }));
  return { name: "lr", lines };
}

it("has one scale for all runs, without what is not finite", () => {
  expect(scalarScale(scalar([1, NaN, 3], [2, 5]))).toEqual({ least: 1, greatest: 5, isLog: false });
  expect(scalarScale(scalar([NaN]))).toBeNull();
});

it("is logarithmic where values fall by decades", () => {
  const scale = scalarScale(scalar([1, 0.1, 0.01]))!;
  expect(scale.isLog).toBe(true);
  expect(scalarHeight(0.1, scale)).toBeCloseTo(0.5, 12);
  expect(scalarScale(scalar([0, 1, 100]))!.isLog).toBe(false);
});

it("stays in the middle where nothing changes", () => {
  expect(scalarHeight(0.1, scalarScale(scalar([0.1, 0.1]))!)).toBe(0.5);
});

it("writes numbers of any size in a few characters", () => {
  expect([0.1, 0.000123456, 1234567, -2, NaN].map(formatScalar)).toEqual([
    "0.1",
    "0.000123",
    "1.23e+6",
    "−2",
    "–",
  ]);
});
