import { describe, expect, it } from "vitest";

import { pixelEpochs, pixelValues } from "./pixels";

const every = (step: number, count: number) =>
  Int32Array.from({ length: count }, (_, i) => i * step);
const spans = (epochs: Int32Array, stride: number, domain: [number, number], width: number) => {
  const { start, end } = pixelEpochs(epochs, stride, domain, width);
  return Array.from(start, (s, p) => (s < end[p] ? [...epochs.slice(s, end[p])] : []));
};

describe("pixelEpochs", () => {
  it("gives every epoch to exactly one pixel when there are more epochs than pixels", () => {
    for (const [count, width] of [
      [195, 60],
      [2000, 40],
      [10_000, 61],
      [61, 60],
      [60, 60],
    ]) {
      const { start, end } = pixelEpochs(every(1, count), 1, [0, count], width);
      const seen = Array.from(start, (s, p) => end[p] - s).reduce((sum, n) => sum + n, 0);
      expect(seen, `${count} epochs on ${width} pixels`).toBe(count);
      for (let p = 1; p < width; p++) expect(start[p]).toBe(end[p - 1]);
    }
  });

  it("shows every epoch on at least one pixel when there are fewer epochs than pixels", () => {
    for (const [count, width] of [
      [2, 60],
      [7, 60],
      [59, 60],
      [194, 195],
    ]) {
      const { start, end } = pixelEpochs(every(1, count), 1, [0, count], width);
      const seen = new Set(Array.from(start, (s, p) => (s < end[p] ? s : -1)));
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  it("stretches a single epoch over the whole strip", () => {
    expect(spans(Int32Array.of(7), 1, [7, 8], 4)).toEqual([[7], [7], [7], [7]]);
  });

  it("lets an epoch stand until the next one where a series is logged every fifth epoch", () => {
    expect(spans(every(5, 3), 5, [0, 15], 6)).toEqual([[0], [0], [5], [5], [10], [10]]);
  });

  it("leaves a gap where epochs are missing", () => {
    expect(spans(Int32Array.of(0, 1, 2, 6, 7), 1, [0, 8], 8)).toEqual([
      [0],
      [1],
      [2],
      [],
      [],
      [],
      [6],
      [7],
    ]);
  });

  it("leaves the rest of the strip empty for a shorter series", () => {
    expect(spans(every(1, 2), 1, [0, 4], 4)).toEqual([[0], [1], [], []]);
  });

  it("shows only epochs of a range within the series", () => {
    expect(spans(every(1, 10), 1, [3, 6], 3)).toEqual([[3], [4], [5]]);
  });
});

describe("pixelValues", () => {
  it("keeps a one-epoch spike among 2,000 epochs on 40 pixels as the maximum of its pixel", () => {
    const values = new Float64Array(2000).fill(0.02);
    values[1234] = 0.6;
    const { mean, max } = pixelValues(values, pixelEpochs(every(1, 2000), 1, [0, 2000], 40));
    const pixel = Math.floor(1234 / 50);
    expect(max[pixel]).toBe(0.6);
    expect(mean[pixel]).toBeCloseTo((49 * 0.02 + 0.6) / 50, 12);
    expect(
      mean.filter((_, p) => p !== pixel).every((value) => Math.abs(value - 0.02) < 1e-12),
    ).toBe(true);
  });

  it("passes undefined values over, and is undefined where there is nothing else", () => {
    const pixels = pixelEpochs(every(1, 4), 1, [0, 4], 2);
    expect(pixelValues([NaN, 0.5, NaN, NaN], pixels)).toEqual({
      mean: Float64Array.of(0.5, NaN),
      min: Float64Array.of(0.5, NaN),
      max: Float64Array.of(0.5, NaN),
    });
  });
});
