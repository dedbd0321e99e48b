import { describe, expect, it } from "vitest";

import { automaticGamma, brightness, legendTicks } from "./scale";

describe("brightness", () => {
  it("is (value / max) ** gamma", () => {
    expect(brightness(0.25, { max: 1, gamma: 0.5 })).toBe(0.5);
    expect(brightness(2, { max: 8, gamma: 1 })).toBe(0.25);
  });

  it("is 0 for nothing and 1 for the maximum, whatever the exponent", () => {
    for (const gamma of [0.05, 0.4, 1]) {
      expect(brightness(0, { max: 3, gamma })).toBe(0);
      expect(brightness(3, { max: 3, gamma })).toBe(1);
    }
  });

  it("is 0 where there is nothing to compare with, and for no number", () => {
    expect(brightness(0, { max: 0, gamma: 0.5 })).toBe(0);
    expect(brightness(NaN, { max: 1, gamma: 0.5 })).toBe(0);
  });
});

describe("automaticGamma", () => {
  it("brings the usual value of a good classifier out of the white", () => {
    const values = Array.from({ length: 90 }, (_, i) => 0.002 + (i % 9) * 0.001);
    const gamma = automaticGamma(values, 0.6);
    const bright = values.map((value) => brightness(value, { max: 0.6, gamma }));
    expect(Math.min(...bright)).toBeGreaterThan(0.04);
    expect(Math.max(...bright)).toBeLessThan(0.3);
  });

  it("is linear where values are alike, and stays on the slider", () => {
    expect(automaticGamma([5, 5, 5], 5)).toBe(1);
    expect(automaticGamma([], 0)).toBe(1);
    expect(automaticGamma([1e-12], 1)).toBeGreaterThanOrEqual(0.05);
  });
});

describe("legendTicks", () => {
  it("runs from 0 to the maximum, in order and apart", () => {
    for (const gamma of [0.05, 0.3, 1]) {
      const contrast = { max: 0.62, gamma };
      const ticks = legendTicks(contrast, 0.1);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBe(0.62);
      const places = ticks.map((tick) => brightness(tick, contrast));
      for (let i = 1; i < places.length; i++)
        expect(places[i] - places[i - 1]).toBeGreaterThanOrEqual(0.1);
    }
  });
});
