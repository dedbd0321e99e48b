import { describe, expect, it } from "vitest";

import { CELL, expectColumn, golden, members, runOf } from "../../testing/folds";
import { aggregate } from "../classes/aggregate";
import { indicesAt, unionOfPlaces } from "../time/epochs";
import { deviationInterval, FoldedLines, foldLines, foldSeries } from "./fold";
import { Lines } from "./lines";
import { summariseCells } from "./plotted";
import { Strips } from "./strips";
import { tooltipAt } from "../text/tooltip";

describe("a fold", () => {
  it("has the golden mean and bands, which Python has too", () => {
    const lines = new FoldedLines(members, "range");
    expect([...lines.epochs]).toEqual(golden.folded.epochs);
    expectColumn(lines.of(CELL, "rate"), golden.folded.mean);
    expect([...lines.countOf(CELL, "rate")]).toEqual(golden.folded.count);
    expectColumn(lines.interval(CELL, "rate").low, golden.folded.least);
    expectColumn(lines.interval(CELL, "rate").high, golden.folded.greatest);
    const deviation = new FoldedLines(members, "deviation").interval(CELL, "rate");
    expectColumn(deviation.low, golden.folded.below);
    expectColumn(deviation.high, golden.folded.above);
  });

  it("is brute force's of any lines, over those that have an epoch", () => {
    let seed = 1;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const epochs = Array.from({ length: 6 }, () =>
      Array.from({ length: 30 }, (_, e) => e).filter(() => random() < 0.6),
    );
    const lines = epochs.map((own) => own.map(() => (random() < 0.2 ? NaN : random())));
    const all = unionOfPlaces(epochs);
    const indices = epochs.map((own) => indicesAt({ epochs: own, stride: 1 }, all));
    const line = foldLines([...lines, null], [...indices, indices[0]], all.length);
    const interval = deviationInterval(lines, indices, line);
    all.forEach((epoch, at) => {
      const found = lines.flatMap((one, m) =>
        one.filter((value, i) => epochs[m][i] === epoch && !Number.isNaN(value)),
      );
      const mean = found.reduce((sum, x) => sum + x, 0) / found.length;
      expect(line.count[at]).toBe(found.length);
      if (!found.length)
        return expect([line.mean[at], line.least[at], interval.low[at]]).toEqual([NaN, NaN, NaN]);
      expect(line.mean[at]).toBeCloseTo(mean, 12);
      expect([line.least[at], line.greatest[at]]).toEqual([Math.min(...found), Math.max(...found)]);
      const half = Math.sqrt(
        found.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (found.length - 1),
      );
      if (found.length > 1) expect(interval.high[at] - line.mean[at]).toBeCloseTo(half, 12);
      else expect(interval.high[at]).toBeNaN();
    });
  });

  it("is by class name, and leaves out a run that lacks the class", () => {
    const other = runOf(
      [0],
      [
        [
          [4, 1],
          [6, 4],
        ],
      ],
      ["Truck", "Ship"],
    );
    const lacking = runOf(
      [0],
      [
        [
          [1, 1],
          [1, 1],
        ],
      ],
      ["Truck", "Fox"],
    );
    const lines = new FoldedLines([members[0], other, lacking], "range");
    // Of the other run Ship is the second class: 6 of its 10.
    expect(lines.of(CELL, "rate")[0]).toBeCloseTo((0.2 + 0.6) / 2, 12);
    expect(lines.countOf(CELL, "rate")[0]).toBe(2);
  });

  it("is read with its band and how many runs have a number", () => {
    const { value, counts, note } = tooltipAt(foldSeries(members, "range"), CELL, "rate", 2);
    expect([value, counts, note]).toEqual(["0%", "0–0%", "1 of 3 runs"]);
    const first = tooltipAt(foldSeries(members, "range"), CELL, "rate", 0);
    expect([first.value, first.counts, first.note]).toEqual(["28.3%", "20.0–40.0%", "3 of 3 runs"]);
    expect(tooltipAt(foldSeries(members, "deviation"), CELL, "rate", 0).counts).toBe("± 10.4%");
  });

  it("marks a spike of one run, also where a pixel is one epoch", () => {
    const quiet = Array.from({ length: 20 }, () => [
      [90, 10],
      [0, 100],
    ]);
    const spiked = quiet.map((matrix, e) =>
      e === 7
        ? [
            [5, 95],
            [0, 100],
          ]
        : matrix,
    );
    const epochs = quiet.map((_, e) => e);
    const runs = [...Array.from({ length: 7 }, () => runOf(epochs, quiet)), runOf(epochs, spiked)];
    for (const width of [20, 5]) {
      const strip = new Strips([foldSeries(runs, "deviation")], [0, 19], 1, width, "rate").of(
        0,
        CELL,
      )!;
      const pixel = Math.floor((7 * width) / 20);
      expect(strip.peak![pixel]).toBe(0.95);
      expect(strip.peak!.filter((value) => !Number.isNaN(value))).toHaveLength(1);
    }
  });

  it("sets the scale by its greatest run, within groups too", () => {
    const group = [{ name: "all", classes: golden.classes }];
    const runs = [
      [
        [6, 4],
        [0, 10],
      ],
      [
        [9, 1],
        [0, 10],
      ],
    ].map((matrix) => {
      const { lines, ...rest } = runOf([0], [matrix]);
      return {
        ...rest,
        lines: new Lines(aggregate(lines.data, group)),
        classIndex: Int32Array.of(0),
      };
    });
    expect(summariseCells([foldSeries(runs, "range")], [0, 0], "count")).toEqual({
      greatest: 4,
      means: [2.5],
    });
  });
});
