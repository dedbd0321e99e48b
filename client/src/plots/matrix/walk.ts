/** The matrix as a grid for arrow keys: a row and a column for each class, then FN beside them and FP below. */

import type { MatrixSpot } from "./layout";

/** The row of a spot among so many classes: FP and accuracy are in the one after the last. */
export function rowOf(spot: MatrixSpot, classCount: number): number {
  return spot.kind === "cell" ? spot.actual : spot.kind === "fn" ? spot.class : classCount;
}

/** The column of a spot: FN and accuracy are in the one after the last. */
export function columnOf(spot: MatrixSpot, classCount: number): number {
  return spot.kind === "cell" ? spot.predicted : spot.kind === "fp" ? spot.class : classCount;
}

/** The spot in a row and a column; beyond the ends, the last one. */
export function spotIn(row: number, column: number, classCount: number): MatrixSpot {
  if (row < classCount && column < classCount)
    return { kind: "cell", actual: row, predicted: column };
  if (row < classCount) return { kind: "fn", class: row };
  if (column < classCount) return { kind: "fp", class: column };
  return { kind: "accuracy" };
}

/** Whether there is such a spot: classes may disappear while the pointer is on one. */
export function isWithin(spot: MatrixSpot, classCount: number): boolean {
  return spotIn(rowOf(spot, classCount), columnOf(spot, classCount), classCount).kind === spot.kind;
}

/** How many rows and columns each key moves by; moves end at the matrix's ends. */
const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageUp: [-Infinity, 0],
  PageDown: [Infinity, 0],
};

/** Where a key leads from a spot, or null if it leads nowhere. */
export function walk(
  spot: MatrixSpot,
  key: string,
  classCount: number,
  hasMargins = true,
): MatrixSpot | null {
  if (!Object.hasOwn(STEPS, key)) return null;
  const [down, right] = STEPS[key];
  const last = hasMargins ? classCount : classCount - 1;
  const within = (at: number) => Math.max(0, Math.min(last, at));
  return spotIn(
    within(rowOf(spot, classCount) + down),
    within(columnOf(spot, classCount) + right),
    classCount,
  );
}
