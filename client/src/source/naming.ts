import type { SeriesData } from "../compute/data";
import type { TableFormat } from "./source";

type Named = Pick<SeriesData, "runName" | "runId" | "splitName" | "splitId">;

/** What a file of a series' counts is called: by run and split, in characters that are safe on every disk. */
export function tableName(series: Named, format: TableFormat): string {
  return `${stemOf(series)}.${format}`;
}

/** What a file of some of its instances is called. */
export function instancesName(series: Named): string {
  return `${stemOf(series)}-instances.csv`;
}

function stemOf({ runName, runId, splitName, splitId }: Named): string {
  return `${safe(runName) || runId}-${safe(splitName) || splitId}`;
}

const MOST_CHARACTERS = 40;

/** Letters and digits of any script; names that begin with a dot are hidden. */
function safe(name: string): string {
  const plain = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "-");
  return Array.from(plain.replace(/^[.-]+/, ""))
    .slice(0, MOST_CHARACTERS)
    .join("")
    .replace(/[.-]+$/, "");
}
