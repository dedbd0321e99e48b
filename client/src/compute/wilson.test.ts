import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { wilson } from "./wilson";

// Written by plain Python: tests/golden/make_intervals.py.
const golden = JSON.parse(
  readFileSync(new URL("../../../tests/golden/intervals.json", import.meta.url), "utf8"),
) as { k: number; n: number; interval: [number, number] }[];

it.each(golden)("of $k of $n is the golden one, which Python has too", ({ k, n, interval }) => {
  wilson(k / n, n).forEach((end, at) => expect(end).toBeCloseTo(interval[at], 12));
});

it("is undefined without instances or without a rate", () => {
  expect(wilson(0.5, 0)).toEqual([NaN, NaN]);
  expect(wilson(NaN, 10)).toEqual([NaN, NaN]);
});
