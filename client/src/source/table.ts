import type { SeriesData } from "./series";

/** The counts of a series as a long table: the same text that a server gives for it. */
export function toCsv(data: SeriesData, epochs: [number, number] | null): string {
  const [first, last] = epochs ?? [-Infinity, Infinity];
  const names = data.classes.map((name) => `"${name.replaceAll('"', '""')}"`);
  const length = data.epochs.length;
  const lines = ['"epoch","actual","predicted","count"'];
  data.epochs.forEach((epoch, at) => {
    if (epoch < first || epoch > last) return;
    data.cellActual.forEach((actual, cell) => {
      const count = data.counts[cell * length + at];
      if (count) lines.push(`${epoch},${names[actual]},${names[data.cellPredicted[cell]]},${count}`);
    });
  });
  return `${lines.join("\n")}\n`;
}
