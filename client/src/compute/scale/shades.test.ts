import { describe, expect, it } from "vitest";

import { brightness } from "./scale";
import { Shades } from "./shades";

const MOST = 255;

describe("Shades", () => {
  it.each([
    { max: 0.4, gamma: 1 },
    { max: 0.4, gamma: 0.35 },
    { max: 37, gamma: 0.05 },
    { max: 0.4, gamma: 0.5, top: 0.5 },
  ])("says what the formula says: %o", (contrast) => {
    const shades = new Shades(contrast, MOST);
    for (let i = 0; i <= 5000; i++) {
      const value = contrast.max * 1.2 * (i / 5000) ** 3;
      const exact = brightness(value, contrast) * MOST;
      // Where two steps meet, either is right.
      if (Math.abs((exact % 1) - 0.5) > 1e-9) expect(shades.of(value)).toBe(Math.round(exact));
    }
  });

  it("shows nothing of zero, of what is below it, of what is undefined, and without a scale", () => {
    const shades = new Shades({ max: 1, gamma: 0.5 }, MOST);
    expect([0, -1, NaN].map((value) => shades.of(value))).toEqual([0, 0, 0]);
    expect(new Shades({ max: 0, gamma: 0.5 }, MOST).of(1)).toBe(0);
  });

  it("shows what is above the scale like its end", () => {
    expect(new Shades({ max: 1, gamma: 0.5, top: 0.5 }, MOST).of(9)).toBe(128);
  });
});
