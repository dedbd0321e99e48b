/** A polygon on the map of a layer, around instances. */
export interface Lasso {
  /** The epoch whose points it is around. */
  epoch: number;
  /** The last epoch of the map on which it was drawn: later ones turn the map of all classes. */
  last: number;
  layer: string;
  /** Actual and predicted class of the plane; null: the map of all classes. */
  cell: readonly [string, string] | null;
  polygon: readonly (readonly [number, number])[];
}

/** A lasso that is drawn with more corners keeps this many of them, spread evenly. */
const MOST_CORNERS = 60;

/** A lasso as links have it: epochs, layer, the classes of the plane if any, corners. */
export function writeLasso({ epoch, last, layer, cell, polygon }: Lasso): string[] {
  const stride = Math.ceil(polygon.length / MOST_CORNERS);
  const corners = polygon
    .filter((_, at) => at % stride === 0)
    .flatMap((point) => point.map((value) => `${Number(value.toPrecision(4))}`));
  return [`${epoch}-${last}`, layer, ...(cell ?? []), corners.join(" ")];
}

/** Reads what `writeLasso` writes; null if it is not that. */
export function readLasso(parts: readonly string[]): Lasso | null {
  const epochs = /^(\d{1,15})-(\d{1,15})$/.exec(parts[0] ?? "");
  const numbers = (parts.at(-1) ?? "").split(" ").map(Number);
  const fits = parts.length === 3 || parts.length === 5;
  if (!epochs || !fits || numbers.length < 6 || numbers.length % 2 || !numbers.every(isFinite))
    return null;
  const [epoch, last] = [Number(epochs[1]), Number(epochs[2])];
  const cell = parts.length === 5 ? ([parts[2], parts[3]] as const) : null;
  const polygon = numbers.flatMap((x, at) => (at % 2 ? [] : [[x, numbers[at + 1]] as const]));
  return { epoch, last, layer: parts[1], cell, polygon };
}
