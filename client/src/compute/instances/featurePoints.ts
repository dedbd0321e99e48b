import type { Path } from "./passed";

type Numbers = readonly (number | null)[];

/** Points as a source gives them: arrays are little-endian int16 as base64. */
interface PackedPoints {
  classes: readonly string[];
  epochs: readonly number[];
  ids: readonly string[];
  actual: readonly number[];
  predicted: string;
  /** In units of `scale`. */
  points: string;
  scale: number;
  explained: readonly Numbers[];
  rest: Numbers;
  step: Numbers;
}

/** The probe's instances in a plane, epoch by epoch. */
export interface PointCloud {
  epochs: readonly number[];
  ids: readonly string[];
  actual: readonly number[];
  /** Of each epoch and instance; -1 if it has no point. */
  predicted: Int16Array;
  /** x and y of each instance at each epoch. */
  points: Float32Array;
  explained: readonly Numbers[];
  rest: Numbers;
  step: Numbers;
  classes: readonly string[];
  /** Where nearly all points of all epochs lie: least and greatest x, then y. */
  extent: [number, number, number, number];
}

/** The share of the points that may lie outside the extent at each side. */
const OUTSIDE = 0.01;

/** Unpacks what a source gives. */
export function unpackPoints(packed: PackedPoints): PointCloud {
  const { epochs, ids, actual, explained, rest, step, classes } = packed;
  const predicted = int16(packed.predicted);
  const small = int16(packed.points);
  const points = Float32Array.from(small, (value) => value * packed.scale);
  const of = (axis: number) => {
    const values: number[] = [];
    // Sorting every value would take long; a few thousand tell where most of them lie.
    const stride = Math.max(1, Math.floor(predicted.length / 20_000));
    for (let at = 0; at < predicted.length; at += stride)
      if (predicted[at] >= 0) values.push(points[2 * at + axis]);
    values.sort((a, b) => a - b);
    if (!values.length) return [0, 1];
    const low = values[Math.floor(OUTSIDE * (values.length - 1))];
    const high = values[Math.ceil((1 - OUTSIDE) * (values.length - 1))];
    const margin = 0.06 * (high - low || 1);
    return [low - margin, high + margin];
  };
  const extent = [...of(0), ...of(1)] as PointCloud["extent"];
  return { epochs, ids, actual, predicted, points, explained, rest, step, classes, extent };
}

/** What some instances of a cloud were predicted as, epoch by epoch. */
export function pathsOf(cloud: PointCloud, chosen: readonly number[]): Path[] {
  const { epochs, ids, actual, predicted } = cloud;
  return chosen.map((at) => ({
    actual: actual[at],
    strip: epochs.flatMap((_, row) => [predicted[row * ids.length + at], 1]),
    epochs,
  }));
}

/** The instances of a cloud that lie in a polygon at an epoch, by their places. */
export function heldBy(
  cloud: PointCloud,
  epoch: number,
  polygon: readonly (readonly [number, number])[],
): number[] {
  const row = cloud.epochs.indexOf(epoch);
  if (row < 0) return [];
  const start = row * cloud.ids.length;
  return [...cloud.ids.keys()].filter(
    (at) =>
      cloud.predicted[start + at] >= 0 &&
      isInside(polygon, cloud.points[2 * (start + at)], cloud.points[2 * (start + at) + 1]),
  );
}

function int16(text: string): Int16Array {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}

/** The position of the newest epoch up to another one; the first position if all are later. */
export function epochIndex(epochs: readonly number[], epoch: number): number {
  let found = 0;
  for (let at = 0; at < epochs.length && epochs[at] <= epoch; at++) found = at;
  return found;
}

/** Whether a point lies in a polygon (even-odd rule). */
export function isInside(polygon: readonly (readonly [number, number])[], x: number, y: number) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [polygon[i], polygon[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
