/** Finding cells by the names of their classes. */

interface Cell {
  actual: number;
  predicted: number;
}

/**
 * The cells that a text names: those of a class that has the text in its name; if there is no such class,
 * those between two classes, as in "cat dog" (either way) or "cat → dog" (this way, "->" for short).
 *
 * @param names of the classes, by the indices in the cells
 */
export function findCells<C extends Cell>(
  cells: readonly C[],
  names: readonly string[],
  text: string,
): readonly C[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return cells;
  const lower = names.map((name) => name.toLowerCase());
  const having = (part: string) => lower.map((name) => name.includes(part));
  const whole = having(wanted);
  if (whole.includes(true))
    return cells.filter(({ actual, predicted }) => whole[actual] || whole[predicted]);
  const arrow = /\s*(?:→|->)\s*/.exec(wanted);
  if (arrow) {
    const [from, to] = [
      wanted.slice(0, arrow.index),
      wanted.slice(arrow.index + arrow[0].length),
    ].map(having);
    return cells.filter(({ actual, predicted }) => from[actual] && to[predicted]);
  }
  // Names may have several words: any space may be the one between two names.
  const pairs = [...wanted.matchAll(/\s+/g)].map(({ index, 0: space }) =>
    [wanted.slice(0, index), wanted.slice(index + space.length)].map(having),
  );
  return cells.filter(({ actual, predicted }) =>
    pairs.some(
      ([one, other]) => (one[actual] && other[predicted]) || (other[actual] && one[predicted]),
    ),
  );
}
