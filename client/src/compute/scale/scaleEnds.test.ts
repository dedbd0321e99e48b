import { describe, expect, it } from "vitest";

import { lowerEnd } from "./scaleEnds";

const line = (...values: number[]) => ({ epochs: Int32Array.from(values.keys()), values });
const all: [number, number] = [0, 1000];

describe("lowerEnd", () => {
  it("is the tenth below the least value of few", () => {
    expect(lowerEnd([line(0.83, 0.9), line(0.71)], all)).toEqual({ floor: 0.7, isCut: false });
  });

  it("is 0 at least, though correlations may be negative", () => {
    expect(lowerEnd([line(-0.4, -0.2, 0.9)], all)).toEqual({ floor: 0, isCut: false });
  });

  it("passes over one value in fifty, and says that it is cut", () => {
    const values = [0.12, ...Array.from({ length: 49 }, () => 0.85)];
    expect(lowerEnd([line(...values)], all)).toEqual({ floor: 0.8, isCut: true });
    expect(lowerEnd([line(0.12, ...values)], all)).toEqual({ floor: 0.1, isCut: false });
  });

  it("counts the epochs of the range only, and no undefined ones", () => {
    expect(lowerEnd([line(0.1, NaN, 0.65, 0.95)], [1, 3])).toEqual({ floor: 0.6, isCut: false });
  });

  it("is the same for any range of a long line", () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) =>
      i % 7 ? 0.35 + ((i * 37) % 100) / 200 : NaN,
    );
    for (const range of [
      [0, 999],
      [1, 998],
      [127, 257],
      [128, 255],
      [129, 255],
      [300, 300],
    ] as [number, number][]) {
      const part = values.slice(range[0], range[1] + 1);
      expect(
        lowerEnd([{ epochs: Int32Array.from(values.keys()), values }], range),
        `${range}`,
      ).toEqual(
        lowerEnd(
          [...part].map((value) => line(value)),
          all,
        ),
      );
    }
  });

  it("leaves room below values of 1, and below no values at all", () => {
    expect(lowerEnd([line(1, 1)], all).floor).toBe(0.9);
    expect(lowerEnd([], all).floor).toBe(0.9);
  });
});
