import type { Scheme } from "./ramp";

/**
 * The colours of classes: violet, cyan, plum, lime, pink, indigo, gold, taupe, olive, brown. None of them looks like one of the
 * first four series, whose colours are often beside them.
 */
// prettier-ignore
const COLORS: Record<Scheme, readonly string[]> = {
  light: ["#7d40c8", "#2ccceb", "#800953", "#8cb623", "#f294ca", "#2d1880", "#e0c31f", "#b69594", "#4f5216", "#84573e"],
  dark: ["#ad74ff", "#88e8ff", "#a83876", "#beea63", "#ffb8df", "#675cd0", "#fff0a6", "#c3a1a0", "#7b7f45", "#8a5d43"],
};

/** How many classes can have a colour each. */
export const CLASS_COLORS = COLORS.light.length;

/** The colour with a number, in any scheme. */
export function classColor(color: number, scheme: Scheme): string {
  return COLORS[scheme][color % CLASS_COLORS];
}

/**
 * Gives classes a colour each: by its index, so that a class has the same one in every list. If an earlier class of the
 * list has that colour, it is the next free one. Classes after the first ten have none.
 */
export function colorsOfClasses(indices: readonly number[]): Map<number, number> {
  const colors = new Map<number, number>();
  const taken = new Set<number>();
  for (const index of indices.slice(0, CLASS_COLORS)) {
    let color = index % CLASS_COLORS;
    while (taken.has(color)) color = (color + 1) % CLASS_COLORS;
    taken.add(color);
    colors.set(index, color);
  }
  return colors;
}
