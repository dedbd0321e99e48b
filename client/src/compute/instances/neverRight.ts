import type { Predicted } from "./takenFor";

/** What some series predicted for an instance. */
interface Path extends Predicted {
  classes: readonly string[];
}

/** What an instance that no series ever gets right is taken for most, and at which share of all predictions. */
export interface NeverRight {
  takenFor: string;
  share: number;
}

/** Null for an instance that is right at some epoch, or that some series has no prediction for. */
export function neverRight(paths: readonly Path[]): NeverRight | null {
  const counts = new Map<string, number>();
  let all = 0;
  for (const { strip, actual, classes } of paths) {
    let own = 0;
    for (let run = 0; run < strip.length; run += 2) {
      const [predicted, epochs] = [strip[run], strip[run + 1]];
      if (predicted === actual) return null;
      if (predicted < 0) continue;
      const name = classes[predicted];
      counts.set(name, (counts.get(name) ?? 0) + epochs);
      own += epochs;
    }
    if (!own) return null;
    all += own;
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most ? { takenFor: most[0], share: most[1] / all } : null;
}
