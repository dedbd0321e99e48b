import { expect, it } from "vitest";

import { meanOf } from "./plotted";
import { summaryOf } from "./summary";

/** Lines with gaps, also of whole blocks, and without any. */
const LINES = [0, 0.1, 0.9].flatMap((gaps, seed) =>
  [1, 60, 300, 1001, 1024].map((length) =>
    Float64Array.from({ length }, (_, i) => (chance(seed, i) < gaps ? NaN : chance(seed + 7, i))),
  ),
);

function chance(seed: number, i: number): number {
  const x = Math.sin(seed * 91.7 + i * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

it("says of every part what its values say", () => {
  for (const line of [...LINES, new Float64Array(100).fill(NaN)]) {
    const summary = summaryOf(line);
    const steps = line.length > 1000 ? 23 : line.length > 100 ? 7 : 1;
    for (let start = 0; start <= line.length; start += steps)
      for (let end = start; end <= line.length; end += steps) {
        const values = [...line.subarray(start, end)].filter((value) => !Number.isNaN(value));
        const mean = meanOf(line, start, end);
        if (Number.isNaN(mean)) expect(summary.mean(start, end)).toBeNaN();
        else expect(Math.abs(summary.mean(start, end) - mean)).toBeLessThan(1e-12);
        expect(summary.extremes(start, end)).toEqual({
          least: Math.min(...values),
          greatest: Math.max(...values),
        });
      }
    expect([summary.least, summary.greatest]).toEqual(
      Object.values(summary.extremes(0, line.length)),
    );
  }
});

it("gives a single epoch's value itself", () => {
  const line = Float64Array.from({ length: 1500 }, (_, i) => i / 10);
  for (const [i, value] of line.entries()) expect(summaryOf(line).mean(i, i + 1)).toBe(value);
});

it("says of many parts at once what it says of each", () => {
  for (const line of LINES) {
    const summary = summaryOf(line);
    const start = Int32Array.from({ length: line.length + 1 }, (_, p) => p);
    const end = start.map((from, p) => Math.min(line.length, from + (p % 40)));
    const means = new Float64Array(start.length);
    const above = summary.means(start, end, means);
    const each = Array.from(start, (from, p) => summary.mean(from, end[p]));
    expect([...means]).toEqual(each);
    const excess = each.map((mean, p) => summary.extremes(start[p], end[p]).greatest - mean);
    expect(above).toBe(Math.max(0, ...excess.filter((one) => one > 0)));
  }
});

it("does not say how far a long part's values are above its mean", () => {
  const whole = new Float64Array(1);
  expect(summaryOf(LINES[4]).means(Int32Array.of(0), Int32Array.of(1024), whole)).toBe(Infinity);
  expect(whole[0]).toBe(summaryOf(LINES[4]).mean(0, 1024));
});
