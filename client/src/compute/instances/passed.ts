import type { Predicted } from "./takenFor";

/** A cell that instances pass through, by class index, and the epochs at which they are in it. */
export interface PassedCell {
  actual: number;
  predicted: number;
  /** First and last epoch of each stay. */
  stays: [number, number][];
}

/** The predictions of an instance, which tell in which cells it was. */
export interface Path extends Predicted {
  epochs: readonly number[];
}

/** The cells that instances pass through within a range of epochs. */
export function passedCells(paths: readonly Path[], [first, last]: [number, number]): PassedCell[] {
  const cells = new Map<string, PassedCell>();
  for (const { actual, strip, epochs } of paths) {
    let start = 0;
    for (let run = 0; run < strip.length; run += 2) {
      const [predicted, end] = [strip[run], start + strip[run + 1] - 1];
      const stay: [number, number] = [Math.max(epochs[start], first), Math.min(epochs[end], last)];
      start = end + 1;
      if (predicted < 0 || stay[0] > stay[1]) continue;
      const key = `${actual} ${predicted}`;
      const cell = cells.get(key);
      if (cell) cell.stays.push(stay);
      else cells.set(key, { actual, predicted, stays: [stay] });
    }
  }
  return [...cells.values()];
}
