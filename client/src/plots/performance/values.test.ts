import { describe, expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { supportNumbers } from "./values";

const withInstances = (label: string, count: number) =>
  plottedOf(
    label,
    ["cat", "dog"],
    [0],
    [
      [
        [count, 0],
        [0, 1],
      ],
    ],
  );

describe("the numbers of a class's instances", () => {
  const train = withInstances("train", 500);
  const test = withInstances("test", 120);
  const numbersOf = (lines: number, ...series: (typeof train)[]) =>
    supportNumbers(series, 0, 0, lines).map(({ n, of }) => [n, of?.label ?? null]);

  it("are one for each series if there are so many lines, else the greatest with its series", () => {
    expect(numbersOf(2, test, train)).toEqual([
      [120, "test"],
      [500, "train"],
    ]);
    expect(numbersOf(1, test, train)).toEqual([[500, "train"]]);
  });

  it("are one that needs no mark if all series have the same", () => {
    expect(numbersOf(2, test, withInstances("again", 120))).toEqual([[120, null]]);
    expect(numbersOf(2, train)).toEqual([[500, null]]);
    expect(numbersOf(2)).toEqual([[NaN, null]]);
  });
});
