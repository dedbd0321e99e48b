/** Values of runs' configs, as text. */

/**
 * JSON in which the keys of nested objects are sorted, so that equal values have the same text in whatever order
 * they were logged.
 */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A value as it is shown and searched: text without quotes, everything else as JSON. */
export function showValue(value: unknown): string {
  return typeof value === "string" ? value : textOf(value);
}

const NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a whole text is, such as "1e-2"; null if it is not a number, or not yet: "1." and "1e". */
export function numberIn(text: string): number | null {
  return NUMBER.test(text) ? Number(text) : null;
}
