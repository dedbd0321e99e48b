import { expect, it } from "vitest";

import { neverRight } from "./neverRight";

const classes = ["cat", "dog", "owl"];
const path = (...strip: number[]) => ({ actual: 0, classes, strip });

it("names what an instance that is never right is taken for most, over all series", () => {
  const paths = [path(1, 2, 2, 1, -1, 5), path(1, 1)];
  expect(neverRight(paths)).toEqual({ takenFor: "dog", share: 0.75 });
});

it("counts by names: series may have their classes in another order", () => {
  const other = { actual: 2, classes: ["dog", "owl", "cat"], strip: [0, 3] };
  expect(neverRight([path(1, 1), other])).toEqual({ takenFor: "dog", share: 1 });
});

it("is null if one series is right once, or has no prediction", () => {
  expect(neverRight([path(1, 9), path(1, 8, 0, 1)])).toBeNull();
  expect(neverRight([path(1, 9), path(-1, 9)])).toBeNull();
  expect(neverRight([])).toBeNull();
});
