import { expect, it } from "vitest";

import { smoothed } from "./smooth";

it("averages the epochs around each, fewer at the ends", () => {
  expect([...smoothed([1, 2, 6, 3, 5], 3)]).toEqual([1.5, 3, 11 / 3, 14 / 3, 4]);
});

it("keeps gaps, and averages without them", () => {
  expect([...smoothed([1, NaN, 5, 3], 3)]).toEqual([1, NaN, 4, 4]);
});
