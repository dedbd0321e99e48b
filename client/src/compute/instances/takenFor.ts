/** What an instance was taken for. */
export interface Predicted {
  actual: number;
  /** Predicted classes as runs: class, how many epochs, class, how many epochs, …; -1 for none. */
  strip: readonly number[];
}

/** Hues in the order in which they are given out: first those that few series have. More of them would look alike. */
const COLORS = [6, 5, 7, 4, 3, 2, 1];

/** The colours of the classes that instances are taken for: the most frequent classes have one each. */
export interface TakenFor {
  /** Class index and colour, the most frequent first. */
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
  const colors = new Map(ranked.slice(0, COLORS.length).map((index, at) => [index, COLORS[at]]));
  return {
    named: [...colors],
    hasOthers: ranked.length > COLORS.length,
    colorOf: (predicted) => colors.get(predicted) ?? null,
  };
}
