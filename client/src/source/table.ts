import type { SeriesData } from "../compute/series/data";
import { keyOf, type SeriesRef, type TableFormat } from "./source";

/** The counts of a series as a long table, the same text as a server's. */
export function toCsv(data: SeriesData, epochs: [number, number] | null): string {
  const [first, last] = epochs ?? [-Infinity, Infinity];
  const names = data.classes.map((name) => `"${name.replaceAll('"', '""')}"`);
  const length = data.epochs.length;
  const lines = ['"epoch","actual","predicted","count"'];
  data.epochs.forEach((epoch, at) => {
    if (epoch < first || epoch > last) return;
    data.cellActual.forEach((actual, cell) => {
      const count = data.counts[cell * length + at];
      if (count)
        lines.push(`${epoch},${names[actual]},${names[data.cellPredicted[cell]]},${count}`);
    });
  });
  return `${lines.join("\n")}\n`;
}

/** Addresses of tables that this document makes from the series that it has read. */
export class Tables {
  private readonly series = new Map<string, SeriesData>();
  private readonly urls = new Map<string, string>();

  /** Keeps a series in place of its older version. */
  keep(data: SeriesData): SeriesData {
    this.series.set(keyOf(data), data);
    return data;
  }

  /** The address of a table as CSV; there is no other format. */
  url(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null {
    const key = keyOf(ref);
    const data = this.series.get(key);
    if (!data || format !== "csv") return null;
    URL.revokeObjectURL(this.urls.get(key) ?? "");
    const url = URL.createObjectURL(new Blob([toCsv(data, epochs)], { type: "text/csv" }));
    this.urls.set(key, url);
    return url;
  }
}
