import { expect, it } from "vitest";

import type { Target } from "../../compute/series/lines";
import { differenceOf } from "../../compute/series/difference";
import type { Plotted } from "../../compute/series/plotted";
import { plottedOf } from "../../testing/plotted";
import { detailLines } from "./lines";
import type { DetailScene } from "./scene";

const seriesOf = (label: string, right: number[]) =>
  plottedOf(
    label,
    ["a", "b"],
    [...right.keys()],
    right.map((count) => [
      [count, 100 - count],
      [0, 100],
    ]),
  );
const series = seriesOf("run", [50, 85, 93]);
const CELL: Target = { kind: "cell", actual: 0, predicted: 1 };
const domainOf = (target: Target, parts: Partial<DetailScene> = {}) =>
  detailLines(
    {
      target,
      values: "rate",
      series: [series],
      baseline: null,
      range: [0, 2],
      ...parts,
    } as DetailScene,
    100,
  ).y.domain();

it("shows confusion from zero to a round value above the greatest", () => {
  expect(domainOf(CELL)).toEqual([0, 0.5]);
  expect(domainOf(CELL, { range: [1, 2] })).toEqual([0, 0.2]);
  expect(domainOf(CELL, { values: "count" })).toEqual([0, 50]);
});

it("shows measures of success up to 1, from the tenth below the least value", () => {
  expect(domainOf({ kind: "recall", class: 0 })).toEqual([0.5, 1]);
  expect(domainOf({ kind: "recall", class: 0 }, { range: [2, 2] })).toEqual([0.9, 1]);
});

it("shows differences equally far on either side of zero", () => {
  const baseline: Plotted = seriesOf("base", [60, 80, 93]);
  const compared = { series: [differenceOf<Plotted>(series, baseline)], baseline };
  expect(domainOf(CELL, compared)).toEqual([-0.1, 0.1]);
});

it("has a scale even if everything is zero, and no line for a class that a series lacks", () => {
  const perfect = seriesOf("perfect", [100, 100]);
  expect(domainOf(CELL, { series: [perfect] })).toEqual([0, 0.01]);
  const scene = { target: CELL, values: "rate", baseline: null, range: [0, 2] };
  const lacking = plottedOf("other", ["a"], [0], [[[1]]], ["a", "b"]);
  const { lines } = detailLines({ ...scene, series: [lacking] } as unknown as DetailScene, 100);
  expect(lines).toEqual([null]);
});
