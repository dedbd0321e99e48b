import { expect, it } from "vitest";

import type { Target, Values } from "../series/lines";
import { plottedOf } from "../../testing/plotted";
import { describeTarget } from "./description";

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

const VALUES: readonly Values[] = ["rate", "predicted", "all", "count"];
const meaningsOf = (target: Target, background: string | null = null) =>
  VALUES.map((values) => describeTarget(target, values, CLASSES, null, background).meaning);

it("says of what a cell's value is a share", () => {
  expect(meaningsOf({ kind: "cell", actual: 0, predicted: 1 })).toEqual([
    "share of actual cat predicted as dog",
    "share of predictions as dog whose actual class is cat",
    "share of all instances: cat predicted as dog",
    "instances of cat predicted as dog",
  ]);
});

it("says of what a detector's missed objects and false detections are shares", () => {
  expect(meaningsOf({ kind: "cell", actual: 0, predicted: 2 }, "background")).toEqual([
    "share of actual cat not detected",
    "share of all missed objects that are cat",
    "share of all objects and false detections: cat not detected",
    "objects not detected",
  ]);
  expect(meaningsOf({ kind: "cell", actual: 2, predicted: 1 }, "background")).toEqual([
    "share of all false detections that are of dog",
    "share of detections as dog where there is no object",
    "share of all objects and false detections: dog where there is no object",
    "detections of dog where there is no object",
  ]);
});

it("takes rates of FN by the actual class and of FP by the predicted one, whatever cells show", () => {
  const [fn, fp] = (["fn", "fp"] as const).map((kind) => meaningsOf({ kind, class: 1 }));
  expect(fn).toEqual([
    "share of actual dog predicted as another class",
    "share of actual dog predicted as another class",
    "share of all instances: dog predicted as another class",
    "instances of dog predicted as another class",
  ]);
  expect(fp).toEqual([
    "share of predictions as dog that are wrong",
    "share of predictions as dog that are wrong",
    "share of all instances: others predicted as dog",
    "instances of other classes predicted as dog",
  ]);
});

it.each([
  [{ kind: "fn", class: 0 }, "False negatives of cat"],
  [{ kind: "fp", class: 0 }, "False positives of cat"],
  [{ kind: "precision", class: 0 }, "Precision of cat"],
  [{ kind: "recall", class: 0 }, "Recall of cat"],
  [{ kind: "f1", class: 0 }, "F1 of cat"],
  [{ kind: "support", class: 0 }, "Support of cat"],
  [{ kind: "inside", class: 0 }, "Inside cat"],
  [{ kind: "accuracy" }, "Accuracy"],
] as const)("titles %o", (target, title) => {
  expect(describeTarget(target, "rate", CLASSES, null).title).toBe(title);
});

it("names the baseline that values are relative to", () => {
  const baseline = plottedOf("old", ["cat"], [0], [[[1]]]);
  expect(describeTarget({ kind: "accuracy" }, "rate", CLASSES, baseline)).toEqual({
    title: "Accuracy",
    meaning: "share of all instances predicted correctly, relative to old",
  });
});
