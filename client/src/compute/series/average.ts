/** Measures of a whole epoch besides accuracy, by the names that the source has for them. */
export const AVERAGES = [
  "balanced_accuracy",
  "macro_f1",
  "macro_precision",
  "macro_recall",
  "weighted_f1",
  "weighted_precision",
  "weighted_recall",
  "matthews",
  "kappa",
] as const;

export type Average = (typeof AVERAGES)[number];

/** What the timeline's curve shows. */
export type Curve = "accuracy" | Average;

export const CURVES: readonly Curve[] = ["accuracy", ...AVERAGES];

const TITLES: Record<Curve, string> = {
  accuracy: "Accuracy",
  balanced_accuracy: "Balanced accuracy",
  macro_f1: "Macro F1",
  macro_precision: "Macro precision",
  macro_recall: "Macro recall",
  weighted_f1: "Weighted F1",
  weighted_precision: "Weighted precision",
  weighted_recall: "Weighted recall",
  matthews: "Matthews’ correlation",
  kappa: "Cohen’s kappa",
};

export function titleOf(curve: Curve): string {
  return TITLES[curve];
}
