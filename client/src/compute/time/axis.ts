/** Names places on the time axis: epochs, or shares of each series' own training. */

import { format } from "d3-format";

import { formatCount } from "../text/format";
import { WHOLE } from "./share";

export interface TimeAxis {
  /** "epoch", or whatever else a series counts. */
  unit: string;
  isShare: boolean;
}

const percent = format(".3~f");

/** A place in short: "1,200", "12.5%". */
export function placeOf({ isShare }: TimeAxis, place: number): string {
  return isShare ? `${percent((place / WHOLE) * 100)}%` : formatCount(place);
}

/** A place by itself: "epoch 1,200", "12.5% of training". */
export function momentOf(axis: TimeAxis, place: number): string {
  return axis.isShare
    ? `${placeOf(axis, Math.round(place / 1000) * 1000)} of training`
    : `${axis.unit} ${formatCount(place)}`;
}

/** From one place to another: "epochs 3–1,200", "10–50% of training", "epoch 3" if both are one. */
export function stretchOf(axis: TimeAxis, [first, last]: readonly [number, number]): string {
  if (axis.isShare) return `${extentText(axis, [first, last])} of training`;
  if (first === last) return momentOf(axis, first);
  return `${axis.unit}s ${formatCount(first)}–${formatCount(last)}`;
}

/** "3–1,200", "10–50%"; a single place if both are the same. */
export function extentText(axis: TimeAxis, [first, last]: readonly [number, number]): string {
  const rounded = [first, last].map((place) => Math.round(place / 1000) * 1000);
  if (axis.isShare && rounded[0] === rounded[1]) return placeOf(axis, rounded[0]);
  if (axis.isShare)
    return `${placeOf(axis, rounded[0]).replace("%", "")}–${placeOf(axis, rounded[1])}`;
  return first === last ? formatCount(first) : `${formatCount(first)}–${formatCount(last)}`;
}

/** How far an arrow key moves along the axis. */
export function stepOf({ isShare }: TimeAxis): number {
  return isShare ? WHOLE / 100 : 1;
}
