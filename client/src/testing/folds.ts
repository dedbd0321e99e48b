import { readFileSync } from "node:fs";
import { expect } from "vitest";

import type { Plotted } from "../compute/series/plotted";
import { plottedOf } from "./plotted";

/** Values as JSON holds them: null stands for undefined. */
export type Column = (number | null)[];

/** Runs, their fold and their difference; the Python tests check the same numbers. */
export const golden = JSON.parse(
  readFileSync(new URL("../../../tests/golden/folds.json", import.meta.url), "utf8"),
) as {
  classes: string[];
  members: { epochs: number[]; matrices: number[][][] }[];
  folded: {
    epochs: number[];
    mean: Column;
    least: Column;
    greatest: Column;
    below: Column;
    above: Column;
    count: number[];
  };
  difference: { epochs: number[]; values: Column };
};

/** The cell whose numbers the golden file has. */
export const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;

/** A run with the golden classes, or with others, as charts of the golden classes show it. */
export function runOf(
  epochs: number[],
  matrices: number[][][],
  classes = golden.classes,
): Plotted & { lines: ReturnType<typeof plottedOf>["lines"] } {
  return plottedOf("run", classes, epochs, matrices, golden.classes);
}

export const members: Plotted[] = golden.members.map(({ epochs, matrices }) =>
  runOf(epochs, matrices),
);

export function expectColumn(values: ArrayLike<number>, expected: Column): void {
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) =>
    value === null ? expect(values[i]).toBeNaN() : expect(values[i]).toBeCloseTo(value, 14),
  );
}
