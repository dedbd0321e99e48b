import { describe, expect, it } from "vitest";

import type { SeriesData } from "./data";
import { Lines } from "./lines";
import { summariseCells, type Plotted } from "./plotted";

/** Two epochs of classes a and b: [[90, 10], [4, 16]], then [[80, 20], [0, 20]]. */
function plotted(shown: number[]): Plotted {
  const data = {
    classes: ["a", "b"],
    epochs: Uint8Array.of(0, 1),
    cellActual: Uint16Array.of(0, 0, 1, 1),
    cellPredicted: Uint16Array.of(0, 1, 0, 1),
    counts: Uint8Array.of(90, 80, 10, 20, 4, 0, 16, 20),
    support: Uint8Array.of(100, 100, 20, 20),
  } as Partial<SeriesData> as SeriesData;
  return {
    label: "",
    color: 0,
    lines: new Lines(data),
    epochs: data.epochs,
    stride: 1,
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
