import type { Target, Values } from "../series/lines";
import type { Plotted } from "../series/plotted";

export interface Description {
  title: string;
  meaning: string;
}

/** What the columns and rows of FN and FP are. */
export const MARGIN_DESCRIPTIONS: Record<"fn" | "fp", Description> = {
  fn: {
    title: "FN: false negatives",
    meaning:
      "for each actual class, how much was predicted as another; below, how much of all was right",
  },
  fp: {
    title: "FP: false positives",
    meaning:
      "for each class, how much of other classes was predicted as it; below, how much of all was right",
  },
};

/** What the selected target is called, and what its values mean. */
export function describeTarget(
  target: Target,
  values: Values,
  classes: readonly string[],
  baseline: Plotted | null,
  background: string | null = null,
): Description {
  const described =
    describeDetection(target, values, classes, background) ??
    describeValue(target, values, classes);
  return baseline
    ? { ...described, meaning: `${described.meaning}, relative to ${baseline.label}` }
    : described;
}

/** A cell of a detector's background: objects that it missed, or detections without an object. */
function describeDetection(
  target: Target,
  values: Values,
  classes: readonly string[],
  background: string | null,
): Description | null {
  if (target.kind !== "cell" || background === null) return null;
  const [actual, predicted] = [classes[target.actual], classes[target.predicted]];
  if (predicted === background && actual !== background)
    return {
      title: `${actual}, missed`,
      meaning: {
        rate: `share of actual ${actual} not detected`,
        predicted: `share of all missed objects that are ${actual}`,
        all: `share of all objects and false detections: ${actual} not detected`,
        count: "objects not detected",
      }[values],
    };
  if (actual === background && predicted !== background)
    return {
      title: `${predicted}, false detections`,
      meaning: {
        rate: `share of all false detections that are of ${predicted}`,
        predicted: `share of detections as ${predicted} where there is no object`,
        all: `share of all objects and false detections: ${predicted} where there is no object`,
        count: `detections of ${predicted} where there is no object`,
      }[values],
    };
  return null;
}

function describeValue(target: Target, values: Values, classes: readonly string[]): Description {
  if (target.kind === "accuracy")
    return { title: "Accuracy", meaning: "share of all instances predicted correctly" };
  if (target.kind === "cell") {
    const [actual, predicted] = [classes[target.actual], classes[target.predicted]];
    return {
      title: `${actual} → ${predicted}`,
      meaning: {
        rate: `share of actual ${actual} predicted as ${predicted}`,
        predicted: `share of predictions as ${predicted} whose actual class is ${actual}`,
        all: `share of all instances: ${actual} predicted as ${predicted}`,
        count: `instances of ${actual} predicted as ${predicted}`,
      }[values],
    };
  }
  const name = classes[target.class];
  const [insideRate, fnRate] = [
    `share of actual ${name} predicted as a different class within it`,
    `share of actual ${name} predicted as another class`,
  ];
  const fpRate = `share of predictions as ${name} that are wrong`;
  const meanings = {
    inside: {
      rate: insideRate,
      predicted: `share of predictions within ${name} whose actual class is a different one within it`,
      all: `share of all instances: ${name} predicted as a different class within it`,
      count: `instances of ${name} predicted as a different class within it`,
    }[values],
    fn: {
      rate: fnRate,
      predicted: fnRate,
      all: `share of all instances: ${name} predicted as another class`,
      count: `instances of ${name} predicted as another class`,
    }[values],
    fp: {
      rate: fpRate,
      predicted: fpRate,
      all: `share of all instances: others predicted as ${name}`,
      count: `instances of other classes predicted as ${name}`,
    }[values],
    precision: `share of predictions as ${name} that are right`,
    recall: `share of actual ${name} predicted as ${name}`,
    f1: "harmonic mean of precision and recall",
    support: `instances whose actual class is ${name}`,
  };
  const titles = {
    inside: "Confusion",
    fn: "False negatives",
    fp: "False positives",
    precision: "Precision",
    recall: "Recall",
    f1: "F1",
    support: "Support",
  };
  if (target.kind === "inside") return { title: `Inside ${name}`, meaning: meanings.inside };
  return { title: `${titles[target.kind]} of ${name}`, meaning: meanings[target.kind] };
}
