import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { differenceInterval, f1Interval, meanInterval, welchInterval, wilson } from "./intervals";

// Written by plain Python: tests/golden/make_intervals.py.
type Ends = [number, number];
const golden = JSON.parse(
  readFileSync(new URL("../../../../tests/golden/intervals.json", import.meta.url), "utf8"),
) as {
  wilson: { k: number; n: number; interval: Ends }[];
  f1: { tp: number; fp: number; fn: number; interval: Ends }[];
  newcombe: { counts: [number, number, number, number]; interval: Ends }[];
  mean: { runs: number[]; interval: Ends }[];
  welch: { a: number[]; b: number[]; interval: Ends }[];
};

function expectClose(ends: Ends, expected: Ends, digits: number) {
  ends.forEach((end, at) => expect(end).toBeCloseTo(expected[at], digits));
}

it.each(golden.wilson)("Wilson's of $k of $n is the golden one", ({ k, n, interval }) => {
  expectClose(wilson(k / n, n), interval, 12);
});

it.each(golden.f1)("that of F1 of $tp, $fp, $fn is the golden one", ({ tp, fp, fn, interval }) => {
  const doubled = 2 * tp + fp + fn;
  expectClose(f1Interval((2 * tp) / doubled, doubled), interval, 12);
});

it.each(golden.newcombe)("Newcombe's of $counts is the golden one", ({ counts, interval }) => {
  const [kA, nA, kB, nB] = counts;
  const [a, b] = [kA / nA, kB / nB];
  expectClose(differenceInterval(a, wilson(a, nA), b, wilson(b, nB)), interval, 12);
});

it.each(golden.mean)("Student's of $runs is the golden one", ({ runs, interval }) => {
  expectClose(meanInterval(runs), interval, 6);
});

it.each(golden.welch)("Welch's of $a and $b is the golden one", ({ a, b, interval }) => {
  expectClose(welchInterval(a, b), interval, 6);
});

it("is undefined without instances, without a rate and of one run", () => {
  expect(wilson(0.5, 0)).toEqual([NaN, NaN]);
  expect(wilson(NaN, 10)).toEqual([NaN, NaN]);
  expect(f1Interval(NaN, 10)).toEqual([NaN, NaN]);
  expect(meanInterval([0.5])).toEqual([NaN, NaN]);
  expect(welchInterval([0.5], [0.1, 0.2])).toEqual([NaN, NaN]);
});
