import type { SeriesData } from "../compute/series/data";
import type { TableFormat } from "./source";

type Named = Pick<SeriesData, "runName" | "runId" | "splitName" | "splitId">;

/** The name of a file with a series' counts: run and split, in characters that are safe on every disk. */
export function tableName(series: Named, format: TableFormat): string {
  return `${stemOf(series)}.${format}`;
}

/** The name of a file with some of its instances. */
export function instancesName(series: Named): string {
  return `${stemOf(series)}-instances.csv`;
}

function stemOf({ runName, runId, splitName, splitId }: Named): string {
  return `${safe(runName) || runId}-${safe(splitName) || splitId}`;
}

const MOST_CHARACTERS = 40;

/** Keeps letters and digits of any script; a leading dot is left out, because it would hide the file. */
function safe(name: string): string {
  const plain = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "-");
  return Array.from(plain.replace(/^[.-]+/, ""))
    .slice(0, MOST_CHARACTERS)
    .join("")
    .replace(/[.-]+$/, "");
}
