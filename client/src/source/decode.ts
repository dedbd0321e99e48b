import { tableFromIPC, type Column } from "@uwdata/flechette";

import { AVERAGES } from "../compute/series/average";
import { withMeasures } from "../compute/series/measures";
import type { Counts, SeriesData } from "../compute/series/data";

/**
 * Reads a series from its Arrow IPC stream: a table of one row whose columns are flattened lists
 * (docs/http-api.md describes each).
 */
export function decodeSeries(bytes: ArrayBuffer | Uint8Array): SeriesData {
  const table = tableFromIPC(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  const list = <T>(name: string): T => {
    const column = table.getChild(name);
    if (!column)
      throw new Error(
        `The series has no column '${name}': page and server are of different versions. Reload the page; if that does not help, install ConfusionFlow again.`,
      );
    return column.at(0) as T;
  };
  const text = (name: string): string => table.schema.metadata?.get(name) ?? "";
  return withMeasures({
    runId: text("run_id"),
    runName: text("run_name"),
    splitId: text("split_id"),
    splitName: text("split_name"),
    version: text("version"),
    timeUnit: text("time_unit") || "epoch",
    background: text("background") || null,
    resumed: JSON.parse(text("resumed") || "[]") as number[],
    problems: JSON.parse(text("problems") || "[]") as SeriesData["problems"],
    tree: JSON.parse(text("tree") || "null") as SeriesData["tree"],
    epochs: list<Counts>("epochs"),
    classes: namesOf(table.getChild("classes")),
    cellActual: list<Uint16Array>("cell_actual"),
    cellPredicted: list<Uint16Array>("cell_predicted"),
    counts: list<Counts>("counts"),
    support: list<Counts>("support"),
    predictedTotal: list<Counts>("predicted_total"),
    accuracy: list<Float64Array>("accuracy"),
    averages: Object.fromEntries(
      AVERAGES.map((name) => [name, list<Float64Array>(name)]),
    ) as SeriesData["averages"],
    total: list<Counts>("total"),
    leftOut: list<Counts>("left_out"),
    timesLogged: list<Counts>("times_logged"),
    rankCount: list<Counts>("rank_count"),
    worldSize: list<Counts>("world_size"),
    coverage: list<Float64Array>("coverage"),
  });
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The names in a column of one list. Flechette would drop a byte order mark at the start of a name, but it is part
 * of the name.
 */
function namesOf(column: Column<unknown> | undefined): string[] {
  const names = column?.data[0].children[0];
  const [offsets, values] = [
    names?.offsets as Int32Array | undefined,
    names?.values as Uint8Array | undefined,
  ];
  if (!offsets || !values) return [];
  return Array.from({ length: names!.length }, (_, i) =>
    UTF8.decode(values.subarray(offsets[i], offsets[i + 1])),
  );
}
