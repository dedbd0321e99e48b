import { expect, it } from "vitest";

import { epochIndex, isInside, unpackPoints } from "./featurePoints";

const packed = (values: number[]) =>
  btoa(String.fromCharCode(...new Uint8Array(Int16Array.from(values).buffer)));

it("unpacks points in units of their scale", () => {
  const cloud = unpackPoints({
    classes: ["cat", "dog"],
    epochs: [0, 4],
    ids: ["a", "b"],
    actual: [0, 1],
    predicted: packed([0, 1, 1, -1]),
    points: packed([10, -20, 30, 40, 50, 60, 0, 0]),
    scale: 0.5,
    explained: [],
    rest: [],
    step: [],
  });
  expect([...cloud.points]).toEqual([5, -10, 15, 20, 25, 30, 0, 0]);
  expect([...cloud.predicted]).toEqual([0, 1, 1, -1]);
  const [left, right, low, high] = cloud.extent;
  expect([left < 5, right > 25, low < -10, high > 30]).toEqual([true, true, true, true]);
});

it("finds the epoch that is there at the playhead", () => {
  expect([3, 0, 9, 4].map((epoch) => epochIndex([1, 4, 7], epoch))).toEqual([0, 0, 2, 1]);
});

it("tells what a lasso holds", () => {
  const hook = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ] as const;
  expect([isInside(hook, 1, 1), isInside(hook, 2, 3), isInside(hook, 5, 1)]).toEqual([
    true,
    false,
    false,
  ]);
});
