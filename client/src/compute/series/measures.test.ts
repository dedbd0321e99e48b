import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import type { ClassMeasures, LoggedData } from "./data";
import { withMeasures } from "./measures";

// Written by plain Python: tests/golden/make_series.py.
const { wire } = JSON.parse(
  readFileSync(new URL("../../../../tests/golden/series.json", import.meta.url), "utf8"),
) as {
  wire: Record<string, (number | null)[]>;
};

const NAMES: Record<keyof ClassMeasures, string> = {
  falseNegatives: "false_negatives",
  falsePositives: "false_positives",
  precision: "precision",
  recall: "recall",
  f1: "f1",
  falseNegativeRate: "false_negative_rate",
  falseDiscoveryRate: "false_discovery_rate",
};

it.each(Object.entries(NAMES))("%s is the golden one to the last bit", (name, column) => {
  const numbers = (of: string) => wire[of].map((value) => value ?? NaN);
  const data = {
    epochs: Uint32Array.from(numbers("epochs")),
    cellActual: Uint16Array.from(numbers("cell_actual")),
    cellPredicted: Uint16Array.from(numbers("cell_predicted")),
    counts: Uint16Array.from(numbers("counts")),
    support: Uint32Array.from(numbers("support")),
    predictedTotal: Uint32Array.from(numbers("predicted_total")),
  } as Partial<LoggedData> as LoggedData;
  expect([...withMeasures(data)[name as keyof ClassMeasures]]).toEqual(numbers(column));
});
