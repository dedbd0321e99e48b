import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { Strips } from "./strips";

const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;

/** A series of which so many of a thousand a's are taken for b, epoch by epoch. */
const seriesOf = (counts: number[]) =>
  plottedOf(
    "run",
    ["a", "b"],
    counts.map((_, epoch) => epoch),
    counts.map((count) => [
      [1000 - count, count],
      [0, 1000],
    ]),
  );

it("shows the mean of a pixel's epochs, never a sample", () => {
  const strips = new Strips([seriesOf([0, 10, 20, 30])], [0, 3], 1, 2, "rate");
  expect(Array.from(strips.of(0, CELL)!.mean)).toEqual([0.005, 0.025]);
  expect([strips.epochsAt(0, 0), strips.epochsAt(0, 1)]).toEqual([
    [0, 2],
    [2, 4],
  ]);
});

it("ticks the epoch that the mean of its pixel would hide, and no other", () => {
  const counts = new Array<number>(40).fill(4);
  counts[25] = 400;
  const strip = new Strips([seriesOf(counts)], [0, 39], 1, 4, "rate").of(0, CELL)!;
  expect(Array.from(strip.peak!)).toEqual([NaN, NaN, 0.4, NaN]);
  expect(strip.trough).toBe(null);
});

it("has no tick for what chance explains, nor where a pixel is one epoch", () => {
  expect(new Strips([seriesOf([4, 9, 1, 6])], [0, 3], 1, 1, "rate").of(0, CELL)!.peak).toBe(null);
  expect(new Strips([seriesOf([0, 400, 0])], [0, 2], 1, 3, "rate").of(0, CELL)!.peak).toBe(null);
});

it("leaves pixels without an epoch undefined, and lacks the strip of a class that is not there", () => {
  const gap = plottedOf(
    "run",
    ["a", "b"],
    [0, 3],
    [0, 1].map(() => [
      [9, 1],
      [0, 10],
    ]),
  );
  expect(Array.from(new Strips([gap], [0, 3], 1, 4, "count").of(0, CELL)!.mean)).toEqual([
    1,
    NaN,
    NaN,
    1,
  ]);
  const other = plottedOf("run", ["b"], [0], [[[1]]], ["a", "b"]);
  expect(new Strips([other], [0, 0], 1, 1, "rate").of(0, CELL)).toBe(null);
});
