import { expect, it } from "vitest";

import { historyPath, historyRange } from "./history";

it("the range of lines has 0 in it", () => {
  expect(
    historyRange([
      [1, 3],
      [null, 2],
    ]),
  ).toEqual([0, 3]);
  expect(historyRange([[-2, null]])).toEqual([-2, 0]);
  expect(historyRange([[0], []])).toEqual([-1, 1]);
});

it("a line goes from its first to its last value, and breaks where one is unknown", () => {
  expect(historyPath([0, 2, 1], [0, 2])).toBe("M0 100h.01L50 0L100 50");
  expect(historyPath([null, 1, null, 0], [0, 1])).toBe("M33.33 0h.01M100 100h.01");
});
