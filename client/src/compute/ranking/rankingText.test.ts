import { describe, expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import type { RankedCell } from "./ranking";
import { countText, detailText, fewText, rankingsOf, scoreText } from "./rankingText";

const AXIS = { unit: "epoch", isShare: false };
const series = plottedOf(
  "run",
  ["a", "b"],
  [0, 5],
  [
    [
      [8, 2],
      [0, 10],
    ],
    [
      [4, 6],
      [0, 10],
    ],
  ],
);
const cell: RankedCell = {
  actual: 0,
  predicted: 1,
  score: 0.4,
  of: [{ series, value: 0.6, at: 1, from: 0 }],
  isFew: false,
};
const detailOf = (by: "now" | "peak" | "difference", playhead: number, isCompared = false) =>
  detailText(cell, cell.of[0], by, isCompared, { axis: AXIS, playhead, values: "rate" });

describe("the rankings that can be chosen", () => {
  const namesOf = (isCompared: boolean, seriesCount: number) =>
    rankingsOf(AXIS, [0, 9], 5, { isCompared, seriesCount, jumpRange: [0, 9] }).map(
      ({ name }) => name,
    );

  it("hold differences only if there is something to differ from", () => {
    expect(namesOf(false, 1)).toEqual(["now", "peak", "jump", "rising"]);
    expect(namesOf(false, 2).at(-1)).toBe("difference");
    expect(namesOf(true, 1).at(-1)).toBe("difference");
  });

  it("say of which epochs they are", () => {
    const titles = rankingsOf(AXIS, [0, 9], 5, {
      isCompared: true,
      seriesCount: 1,
      jumpRange: [3, 9],
    }).map(({ title }) => title);
    expect(titles[0]).toBe("Greatest difference at epoch 5");
    expect(titles[2]).toMatch(/within the epochs 3–9, without the wild start of training;/);
    expect(titles.at(-1)).toBe("Greatest mean difference over the epochs 0–9");
  });
});

describe("a ranked cell", () => {
  it("has what ranks it, with a sign if that is a change", () => {
    expect(scoreText(cell, "peak", false, "rate")).toBe("40.0%");
    expect(scoreText(cell, "jump", false, "rate")).toBe("+40.0 points");
    expect(scoreText(cell, "difference", false, "rate")).toBe("40.0 points");
    expect(scoreText(cell, "peak", true, "rate")).toBe("+40.0 points");
  });

  it("names its epoch unless that is the playhead's", () => {
    expect(detailOf("peak", 5)).toBe("at 5");
    expect(detailOf("now", 5)).toBe("");
    expect(detailOf("now", 6)).toBe("at 5");
  });

  it("names the mean that is compared with another, but not with a baseline", () => {
    expect(detailOf("difference", 5)).toBe("60.0%");
    expect(detailOf("difference", 5, true)).toBe("");
  });

  it("has the counts behind a rate", () => {
    expect(countText(cell, "rate")).toBe("2 → 6 / 10");
  });
});

it("introduces the cells of few instances by what ranks them", () => {
  expect(fewText("now", false)).toEqual({ some: "Fewer", all: "All have fewer" });
  expect(fewText("jump", true).some).toBe("Changes of fewer");
  expect(fewText("peak", true).all).toBe("All differences are of fewer");
  expect(fewText("difference", false).some).toBe("Differences of fewer");
});
