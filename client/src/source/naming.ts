import type { SeriesData } from "../compute/data";
import type { TableFormat } from "./source";

/** What a file of a series' counts is called: by run and split, in characters that are safe on every disk. */
export function tableName(
  {
    runName,
    runId,
    splitName,
    splitId,
  }: Pick<SeriesData, "runName" | "runId" | "splitName" | "splitId">,
  format: TableFormat,
): string {
  return `${safe(runName) || runId}-${safe(splitName) || splitId}.${format}`;
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
