import { colorsOfClasses } from "../scale/classColors";

/** What an instance was taken for. */
export interface Predicted {
  actual: number;
  /** Predicted classes as runs: class, how many epochs, class, how many epochs, …; -1 for none. */
  strip: readonly number[];
}

/** The colours of the classes that instances are taken for: the most frequent classes have one each. */
export interface TakenFor {
  /** Class index and number of its colour, the most frequent first. */
  named: readonly (readonly [number, number])[];
  hasOthers: boolean;
  /** The colour of a predicted class; null for those that share one. */
  colorOf(predicted: number): number | null;
}

/** Gives colours to the classes that rows are taken for; the classes with the most epochs come first. */
export function takenFor(rows: readonly Predicted[]): TakenFor {
  const epochs = new Map<number, number>();
  for (const { actual, strip } of rows)
    for (let run = 0; run < strip.length; run += 2)
      if (strip[run] >= 0 && strip[run] !== actual)
        epochs.set(strip[run], (epochs.get(strip[run]) ?? 0) + strip[run + 1]);
  const ranked = [...epochs].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([index]) => index);
  const colors = colorsOfClasses(ranked);
  return {
    named: [...colors],
    hasOthers: ranked.length > colors.size,
    colorOf: (predicted) => colors.get(predicted) ?? null,
  };
}
