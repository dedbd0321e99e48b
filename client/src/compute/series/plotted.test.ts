import { describe, expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { summariseCells, valueAt, type Plotted } from "./plotted";

/** Two epochs of classes a and b: [[90, 10], [4, 16]], then [[80, 20], [0, 20]]. */
function plotted(shown: number[]): Plotted {
  const cube = [
    [
      [90, 10],
      [4, 16],
    ],
    [
      [80, 20],
      [0, 20],
    ],
  ];
  return {
    ...plottedOf("", ["a", "b"], [0, 1], cube),
    classIndex: Int32Array.from(shown),
  };
}

describe("summariseCells", () => {
  it("leaves the diagonal out, which would outshine all confusion", () => {
    expect(summariseCells([plotted([0, 1])], [0, 1], "count")).toEqual({
      greatest: 20,
      means: [15, 2],
    });
    const rates = summariseCells([plotted([0, 1])], [0, 1], "rate");
    expect(rates.greatest).toBeCloseTo(0.2);
    expect(rates.means).toEqual([expect.closeTo(0.15), expect.closeTo(0.1)]);
  });

  it("follows the range and the shown classes", () => {
    expect(summariseCells([plotted([0, 1])], [0, 0], "count")).toEqual({
      greatest: 10,
      means: [10, 4],
    });
    expect(summariseCells([plotted([0, -1])], [0, 1], "count")).toEqual({ greatest: 0, means: [] });
  });
});

describe("valueAt", () => {
  const cell = { kind: "cell", actual: 0, predicted: 1 } as const;

  it("is the value of the epoch that stands for a place", () => {
    expect(valueAt(plotted([0, 1]), cell, "count", 1)).toBe(20);
    expect(valueAt({ ...plotted([0, 1]), stride: 5 }, cell, "count", 4)).toBe(20);
  });

  it("is undefined where no epoch stands, and for a class that the series lacks", () => {
    expect(valueAt(plotted([0, 1]), cell, "count", 2)).toBeNaN();
    expect(valueAt(plotted([0, -1]), cell, "count", 1)).toBeNaN();
  });
});
