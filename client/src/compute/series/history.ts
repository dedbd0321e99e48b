type Values = readonly (number | null)[];

/** The least and the greatest of some lines' values, with 0 between them. */
export function historyRange(lines: readonly Values[]): [number, number] {
  const known = lines.flatMap((values) => values.filter((value) => value !== null));
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  return low < high ? [low, high] : [low - 1, high + 1];
}

/** A line's path in a box of 100 by 100; it is broken where a value is unknown. */
export function historyPath(values: Values, [low, high]: readonly [number, number]): string {
  const step = 100 / Math.max(1, values.length - 1);
  const round = (value: number) => Number(value.toFixed(2));
  return values
    .map((value, at) => {
      if (value === null) return "";
      const isFirst = at === 0 || values[at - 1] === null;
      const [x, y] = [round(at * step), round((100 * (high - value)) / (high - low))];
      // A path of a single point would not be drawn.
      return `${isFirst ? "M" : "L"}${x} ${y}${isFirst ? "h.01" : ""}`;
    })
    .join("");
}
