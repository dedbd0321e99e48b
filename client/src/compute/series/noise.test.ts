import { describe, expect, it } from "vitest";

import { noiseOf, standsOut } from "./noise";
import { pixelEpochs, pixelValues } from "../time/pixels";

/** Counts of n tries at a rate, from a seeded generator: the noise of a real evaluation. */
function drawRates(rate: number, n: number, epochs: number, seed: number): Float64Array {
  let state = seed * 2654435761;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: epochs }, () => {
    let hits = 0;
    for (let i = 0; i < n; i++) if (random() < rate) hits++;
    return hits / n;
  });
}

const isPeak = (mean: number, max: number, unit: number) =>
  standsOut(max - mean, noiseOf(mean, unit));

const pixels = pixelEpochs(
  Int32Array.from({ length: 2000 }, (_, i) => i),
  1,
  [0, 2000],
  40,
);

function peaksOf(values: Float64Array, support: number): number {
  const { mean, max } = pixelValues(values, pixels);
  return mean.filter((m, p) => isPeak(m, max[p], 1 / support)).length;
}

describe("what stands out", () => {
  it("finds a one-epoch spike, for large and for small data sets", () => {
    for (const support of [200, 1000]) {
      const values = drawRates(0.02, support, 2000, 1);
      values[777] = 0.4;
      expect(peaksOf(values, support)).toBe(1);
    }
  });

  it("takes chance for no event: the small data set gets no more ticks than the large one", () => {
    for (const support of [50, 200, 2000])
      for (const rate of [0.005, 0.05])
        expect(peaksOf(drawRates(rate, support, 2000, 3), support)).toBe(0);
  });

  it("leaves equal true rates equally bright on average, whatever the size of the data set", () => {
    const meanOf = (support: number) => {
      const { mean } = pixelValues(drawRates(0.03, support, 2000, 5), pixels);
      return mean.reduce((sum, value) => sum + value, 0) / mean.length;
    };
    expect(Math.abs(meanOf(200) / meanOf(5000) - 1)).toBeLessThan(0.03);
  });

  it("needs more than a handful of instances", () => {
    expect(isPeak(0, 5, 1)).toBe(false);
    expect(isPeak(0, 7, 1)).toBe(true);
  });
});
