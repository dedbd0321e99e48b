/** Which classes of a series are which on the screen: they are matched by name, never by position. */
export interface ClassMatch {
  /** For each class on the screen its index in the series, or -1 if the series lacks it. */
  index: Int32Array;
  /** Names on the screen that the series lacks. */
  missing: string[];
}

/** The classes of all series, each once, in the order of the first series; further ones follow. */
export function unionOf(lists: Iterable<readonly string[]>): string[] {
  const names = new Set<string>();
  for (const list of lists) for (const name of list) names.add(name);
  return [...names];
}

/**
 * The classes to show: those not hidden, listed ones first in the order of the list.
 *
 * @param background a class that stands last in every order; null for none
 */
export function arrange(
  all: readonly string[],
  order: readonly string[],
  hidden: ReadonlySet<string>,
  background: string | null = null,
): string[] {
  const known = new Set(all);
  const shown = unionOf([order.filter((name) => known.has(name)), all]).filter(
    (name) => !hidden.has(name),
  );
  const last = shown.filter((name) => name === background);
  return [...shown.filter((name) => name !== background), ...last];
}

export function matchClasses(shown: readonly string[], classes: readonly string[]): ClassMatch {
  const position = new Map(classes.map((name, index) => [name, index]));
  const index = Int32Array.from(shown, (name) => position.get(name) ?? -1);
  return { index, missing: shown.filter((_, i) => index[i] < 0) };
}
