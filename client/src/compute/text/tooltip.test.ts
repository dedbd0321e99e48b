import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { DifferenceLines } from "../series/difference";
import { otherUnit, tooltipAt, tooltipOfPixel } from "./tooltip";

const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;
const SHOWN = ["a", "b", "c"];

const seriesOf = (label: string, epochs: number[], counts: number[], support: number) =>
  plottedOf(
    label,
    ["a", "b"],
    epochs,
    counts.map((count) => [
      [support - count, count],
      [0, support],
    ]),
    SHOWN,
  );

const run = seriesOf("run", [0, 1, 4], [1, 4, 2], 40);

it("has the value that was logged at an epoch, with the counts behind it", () => {
  expect(tooltipAt(run, CELL, "rate", 1)).toEqual({
    label: "run",
    color: 0,
    value: "10.0%",
    counts: "4 / 40",
    note: "",
  });
  expect(tooltipAt(run, CELL, "count", 1).value).toBe("4");
});

it("says why there is no value", () => {
  expect(tooltipAt(run, CELL, "rate", 3).note).toBe("not logged");
  expect(tooltipAt(run, { kind: "recall", class: 2 }, "rate", 1).note).toBe("lacks this class");
});

it("says of a pixel of several epochs their mean and extremes", () => {
  const { value, counts, note } = tooltipOfPixel(run, CELL, "rate", [0, 3]);
  expect([value, counts, note]).toEqual(["5.8%", "", "min 2.5% at 0, max 10.0% at 1"]);
});

it("says of a difference what it was made from", () => {
  const baseline = seriesOf("base", [1], [5], 100);
  const lines = new DifferenceLines(run, baseline);
  const compared = {
    ...run,
    lines,
    epochs: lines.common.epochs,
    compared: { series: run, baseline, noise: lines.noise.bind(lines) },
  };
  const { value, counts } = tooltipAt(compared, CELL, "rate", 1);
  expect([value, counts]).toEqual(["+5.0 points", "10.0% − 5.0%"]);
  expect(otherUnit({ series: compared, at: 0 }, CELL, "rate")).toBe("4 / 40");
});

it("puts counts beside a rate, a rate beside a count, and both ends of a jump", () => {
  expect(otherUnit({ series: run, at: 1 }, CELL, "rate")).toBe("4 / 40");
  expect(otherUnit({ series: run, at: 1 }, CELL, "count")).toBe("10.0% of 40");
  expect(otherUnit({ series: run, from: 0, at: 1 }, CELL, "rate")).toBe("1 → 4 / 40");
});
