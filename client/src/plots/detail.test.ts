import { expect, it } from "vitest";

import { describeTarget } from "./detail";

const CLASSES = ["cat", "dog", "background"];
const titleOf = (actual: number, predicted: number, background: string | null) =>
  describeTarget({ kind: "cell", actual, predicted }, "rate", CLASSES, null, background).title;

it("calls the cells of a detector's background missed and false detections", () => {
  expect(titleOf(0, 2, "background")).toBe("cat, missed");
  expect(titleOf(2, 1, "background")).toBe("dog, false detections");
  expect(titleOf(0, 1, "background")).toBe("cat → dog");
});

it("takes a class of that name for a class if the run is not a detector's", () => {
  expect(titleOf(0, 2, null)).toBe("cat → background");
});
