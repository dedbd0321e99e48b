import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import type { SeriesData } from "./data";
import { aggregate } from "./aggregate";
import { matchClasses } from "./classes";
import { commonEpochs, DifferenceLines, subtract, summariseDifferences } from "./difference";
import { indexAt, indicesAt, unionOfPlaces } from "./epochs";
import { deviationInterval, FoldedLines, foldLines } from "./fold";
import { Lines, type Spread } from "./lines";
import { lineOf, summariseCells, type Plotted } from "./plotted";
import { formatValue, tooltipAt, tooltipOfPixel } from "./tooltip";
import { alongTraining, epochsWithin, WHOLE } from "./share";
import { Strips } from "./strips";

type Column = (number | null)[];
interface Golden {
  classes: string[];
  members: { epochs: number[]; matrices: number[][][] }[];
  folded: {
    epochs: number[];
    mean: Column;
    least: Column;
    greatest: Column;
    below: Column;
    above: Column;
    count: number[];
  };
  difference: { epochs: number[]; values: Column };
}
const golden = JSON.parse(
  readFileSync(new URL("../../../tests/golden/folds.json", import.meta.url), "utf8"),
) as Golden;
const CELL = { kind: "cell", actual: 0, predicted: 1 } as const;

function plottedOf(
  epochs: number[],
  matrices: number[][][],
  classes: string[],
  shown = classes,
): Plotted {
  const n = classes.length;
  const sums = (of: (matrix: number[][], c: number) => number) =>
    Uint32Array.from(classes.flatMap((_, c) => matrices.map((m) => of(m, c))));
  const data = {
    classes,
    epochs: Uint32Array.from(epochs),
    cellActual: Uint16Array.from({ length: n * n }, (_, k) => Math.floor(k / n)),
    cellPredicted: Uint16Array.from({ length: n * n }, (_, k) => k % n),
    counts: Uint32Array.from(
      Array.from({ length: n * n }, (_, k) =>
        matrices.map((m) => m[Math.floor(k / n)][k % n]),
      ).flat(),
    ),
    support: sums((m, c) => m[c].reduce((sum, x) => sum + x, 0)),
    predictedTotal: sums((m, c) => m.reduce((sum, row) => sum + row[c], 0)),
    coverage: new Float64Array(epochs.length).fill(1),
  } as unknown as SeriesData;
  return {
    label: "run",
    color: 0,
    lines: new Lines(data),
    epochs: data.epochs,
    stride: 1,
    classIndex: matchClasses(shown, classes).index,
  };
}

const members = golden.members.map(({ epochs, matrices }) =>
  plottedOf(epochs, matrices, golden.classes),
);

const readRate = (value: number) => formatValue(value, CELL, "rate");

function expectColumn(values: ArrayLike<number>, expected: Column) {
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) =>
    value === null ? expect(values[i]).toBeNaN() : expect(values[i]).toBeCloseTo(value, 14),
  );
}

function folded(spread: Spread, of = members): Plotted {
  const lines = new FoldedLines(of, spread);
  return {
    ...of[0],
    lines,
    epochs: lines.epochs,
    stride: lines.stride,
    named: undefined,
    folded: { members: of, runs: of.length, spread, countOf: lines.countOf.bind(lines) },
  };
}

function compared(series: Plotted, baseline: Plotted): Plotted {
  const lines = new DifferenceLines(series, baseline);
  return {
    ...series,
    lines,
    epochs: lines.common.epochs,
    stride: lines.stride,
    named: lines.named,
    folded: undefined,
    compared: { series, baseline, noise: lines.noise.bind(lines) },
  };
}

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
    const other = plottedOf(
      [0],
      [
        [
          [4, 1],
          [6, 4],
        ],
      ],
      ["Truck", "Ship"],
      golden.classes,
    );
    const lacking = plottedOf(
      [0],
      [
        [
          [1, 1],
          [1, 1],
        ],
      ],
      ["Truck", "Fox"],
      golden.classes,
    );
    const lines = new FoldedLines([members[0], other, lacking], "range");
    // Of the other run Ship is the second class: 6 of its 10.
    expect(lines.of(CELL, "rate")[0]).toBeCloseTo((0.2 + 0.6) / 2, 12);
    expect(lines.countOf(CELL, "rate")[0]).toBe(2);
  });

  it("is read with its band and how many runs have a number", () => {
    const { value, counts, note } = tooltipAt(folded("range"), CELL, "rate", 2);
    expect([value, counts, note]).toEqual(["0%", "0–0%", "1 of 3 runs"]);
    const first = tooltipAt(folded("range"), CELL, "rate", 0);
    expect([first.value, first.counts, first.note]).toEqual(["28.3%", "20.0–40.0%", "3 of 3 runs"]);
    expect(tooltipAt(folded("deviation"), CELL, "rate", 0).counts).toBe("± 10.4%");
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
    const runs = [
      ...Array.from({ length: 7 }, () => plottedOf(epochs, quiet, golden.classes)),
      plottedOf(epochs, spiked, golden.classes),
    ];
    for (const width of [20, 5]) {
      const strip = new Strips([folded("deviation", runs)], [0, 19], 1, width, "rate").of(0, CELL)!;
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
      const { lines, ...rest } = plottedOf([0], [matrix], golden.classes);
      return {
        ...rest,
        lines: new Lines(aggregate((lines as Lines).data, group)),
        classIndex: Int32Array.of(0),
      };
    });
    expect(summariseCells([folded("range", runs)], [0, 0], "count")).toEqual({
      greatest: 4,
      means: [2.5],
    });
  });
});

describe("a difference", () => {
  it("has the golden numbers, which Python has too", () => {
    const lines = new DifferenceLines(members[1], members[0]);
    expect([...lines.common.epochs]).toEqual(golden.difference.epochs);
    expectColumn(lines.of(CELL, "rate"), golden.difference.values);
  });

  it("is of the epochs that both have, and undefined where either is", () => {
    const common = commonEpochs(
      { epochs: [0, 2, 4, 5], stride: 2 },
      { epochs: [1, 2, 5], stride: 2 },
    );
    expect([...common.epochs]).toEqual([2, 5]);
    expect([...subtract([1, 2, 3, 4], [9, 5, 7], common)]).toEqual([-3, -3]);
    expect([...subtract([1, NaN, 3, 4], [9, 5, NaN], common)]).toEqual([NaN, NaN]);
    // The same mean, added up in another order.
    const mean = 0.1 + 0.2 + 0.3;
    const other = 0.3 + 0.2 + 0.1;
    expect(mean).not.toBe(other);
    expect([...subtract([0, mean, 0, other], [0, other, mean], common)]).toEqual([0, 0]);
  });

  it("is read signed, with both values behind it", () => {
    const { value, counts } = tooltipAt(compared(members[1], members[0]), CELL, "rate", 0);
    expect([value, counts]).toEqual(["+5.0 points", "25.0% − 20.0%"]);
    const less = tooltipAt(compared(members[0], members[1]), CELL, "count", 0);
    expect([less.value, less.counts]).toEqual(["−8", "2 − 10"]);
    expect(tooltipAt(compared(members[1], members[0]), CELL, "rate", 7).note).toBe(
      "not logged by both",
    );
  });

  it("is on one scale for both signs, as large as the greatest of either", () => {
    const both = [compared(members[0], members[1]), compared(members[1], members[0])];
    const sizes = golden.difference.values.map((value) => Math.abs(value ?? 0));
    expect(summariseDifferences([both[0]], [0, 9], "rate").greatest).toBeCloseTo(
      Math.max(...sizes),
      12,
    );
    expect(summariseDifferences(both, [0, 9], "rate").greatest).toBeCloseTo(Math.max(...sizes), 12);
  });

  it("keeps peaks of either sign, and no ticks of what chance explains", () => {
    const n = 40;
    const epochs = Array.from({ length: n }, (_, e) => e);
    const matrix = (wrong: number) => [
      [100 - wrong, wrong],
      [0, 100],
    ];
    const baseline = plottedOf(
      epochs,
      epochs.map((e) => matrix(e % 2 ? 9 : 11)),
      golden.classes,
    );
    const series = plottedOf(
      epochs,
      epochs.map((e) => matrix(e === 12 ? 90 : e === 14 ? 0 : e % 3 ? 10 : 12)),
      golden.classes,
    );
    const low = plottedOf(
      epochs,
      epochs.map((e) => matrix(e === 33 ? 0 : 70)),
      golden.classes,
    );
    const strips = new Strips(
      [compared(series, baseline), compared(low, baseline)],
      [0, n - 1],
      1,
      4,
      "rate",
    );
    const [first, second] = [strips.of(0, CELL)!, strips.of(1, CELL)!];
    expect([...first.peak!].map((value) => Number(value.toFixed(2)))).toEqual([
      NaN,
      0.79,
      NaN,
      NaN,
    ]);
    expect(first.trough).toBeNull();
    expect([...second.trough!].map((value) => Number(value.toFixed(2)))).toEqual([
      NaN,
      NaN,
      NaN,
      -0.09,
    ]);
    const { value, note } = tooltipOfPixel(compared(series, baseline), CELL, "rate", [10, 20]);
    const mean =
      epochs
        .slice(10, 20)
        .reduce(
          (sum, e) => sum + (lineOf(series, CELL, "rate")![e] - lineOf(baseline, CELL, "rate")![e]),
          0,
        ) / 10;
    expect(value).toBe(`+${(100 * mean).toFixed(1)} points`);
    expect(note).toBe("−11.0 at 14, +79.0 at 12");
  });

  it("of a fold has the band less the baseline's mean", () => {
    const lines = new DifferenceLines(folded("range"), members[0]);
    const at = lines.common.epochs.indexOf(0);
    const { low, high } = lines.interval(CELL, "rate")!;
    expect(low[at]).toBeCloseTo(0.2 - 0.2, 12);
    expect(high[at]).toBeCloseTo(0.4 - 0.2, 12);
  });
});

describe("time as a share of training", () => {
  it("goes from a series' own first epoch to its last, and keeps their names", () => {
    const along = alongTraining({ ...members[1], timeUnit: "epoch" });
    expect([...Array.from(along.epochs)]).toEqual([0, 222222, 444444, WHOLE]);
    expect(tooltipAt(along, CELL, "rate", 444444).note).toBe("at epoch 4");
    expect(epochsWithin(along, [100_000, 500_000])).toEqual([2, 4]);
    expect(epochsWithin(along, [500_000, 900_000])).toBeNull();
  });

  it("leaves no gap between epochs that follow each other", () => {
    const epochs = Array.from({ length: 195 }, (_, e) => e);
    const along = alongTraining({ ...members[0], epochs });
    for (let i = 1; i < epochs.length; i++)
      expect(along.epochs[i] - along.epochs[i - 1]).toBeLessThanOrEqual(along.stride);
  });

  /** A run that logs every `step`-th epoch but those of a gap, in its own numbers. */
  function runOf(length: number, step = 1, gap = [0, 0]): Plotted {
    const epochs = Array.from({ length }, (_, e) => e * step + 1).filter(
      (epoch) => epoch < gap[0] || epoch >= gap[1],
    );
    const one = plottedOf(
      epochs,
      epochs.map((e) => [
        [40 + ((e * 7) % 50), 1 + ((e * e) % 60)],
        [0, 10],
      ]),
      golden.classes,
    );
    return { ...one, stride: step, timeUnit: "epoch" };
  }

  /** What stands in a run at a place, worked out from the epochs' own numbers; null: none. */
  function standingIn(
    { epochs: own, stride, lines }: Plotted,
    place: number,
  ): { value: number; epoch: number } | null {
    const [epochs, rates] = [Array.from(own), lines.of(CELL, "rate")];
    const span = epochs[epochs.length - 1] - epochs[0];
    const at = epochs.findLastIndex(
      (epoch) => Math.round(((epoch - epochs[0]) / span) * WHOLE) <= place,
    );
    // A step is rounded, as its two ends are.
    const ends = at < 0 ? -1 : ((epochs[at] + stride - epochs[0]) / span) * WHOLE + 2;
    return place < ends ? { value: rates[at], epoch: epochs[at] } : null;
  }

  const runs = [runOf(40), runOf(80), runOf(100), runOf(21, 5, [31, 61])];
  const placesOfAll = [
    ...new Set(runs.flatMap((one) => Array.from(alongTraining(one).epochs))),
  ].sort((a, b) => a - b);

  it("folds what stands at the same share of each training", () => {
    const fold = folded("deviation", runs.map(alongTraining));
    const [mean, count] = [lineOf(fold, CELL, "rate")!, fold.folded!.countOf(CELL, "rate")];
    const { low, high } = fold.lines.extremes!(CELL, "rate")!;
    const interval = fold.lines.interval!(CELL, "rate")!;
    expect([...Array.from(fold.epochs)]).toEqual(placesOfAll);
    placesOfAll.forEach((place, at) => {
      const found = runs.flatMap((one) => standingIn(one, place)?.value ?? []);
      const average = found.reduce((sum, x) => sum + x, 0) / found.length;
      expect(mean[at]).toBeCloseTo(average, 12);
      expect([count[at], low[at], high[at]]).toEqual([
        found.length,
        Math.min(...found),
        Math.max(...found),
      ]);
      const squares = found.reduce((sum, x) => sum + (x - average) ** 2, 0);
      expect(interval.high[at] - mean[at]).toBeCloseTo(Math.sqrt(squares / (found.length - 1)), 12);
    });
    expect(new Set(Array.from(count))).toEqual(new Set([3, 4]));
  });

  it("has all complete runs in a fold at every share, and no gap", () => {
    const fold = folded("range", runs.slice(0, 3).map(alongTraining));
    for (let percent = 0; percent <= 100; percent++)
      expect(tooltipAt(fold, CELL, "rate", percent * 10_000).note).toMatch(
        /^3 of 3 runs, at [\d.]+% of training$/,
      );
    for (let i = 1; i < fold.epochs.length; i++)
      expect(fold.epochs[i] - fold.epochs[i - 1]).toBeLessThanOrEqual(fold.stride);
  });

  it("names the share of what was folded, which has no one epoch", () => {
    const fold = folded("range", runs.slice(0, 3).map(alongTraining));
    expect(tooltipAt(fold, CELL, "rate", 500_000).note).toBe("3 of 3 runs, at 49.5% of training");
    expect(tooltipOfPixel(fold, CELL, "rate", [0, fold.epochs.length]).note).toMatch(
      /^of 3 runs, min [\d.]+% at [\d.]+% of training, max [\d.]+% at [\d.]+% of training$/,
    );
    expect(tooltipAt(compared(fold, alongTraining(runs[0])), CELL, "rate", 500_000).note).toBe(
      "at 49.5% of training",
    );
  });

  it("subtracts what stands at the same share of the baseline's training", () => {
    for (const one of runs)
      for (const baseline of runs.filter((other) => other !== one)) {
        const difference = compared(alongTraining(one), alongTraining(baseline));
        const line = lineOf(difference, CELL, "rate")!;
        const ends = [one, baseline]
          .flatMap((side) => Array.from(alongTraining(side).epochs))
          .sort((a, b) => a - b);
        const standing = [...new Set(ends)].flatMap((place) => {
          const [own, base] = [standingIn(one, place), standingIn(baseline, place)];
          return own && base ? [{ place, own, base }] : [];
        });
        expect([...Array.from(difference.epochs)]).toEqual(standing.map(({ place }) => place));
        standing.forEach(({ place, own, base }, at) => {
          expect(line[at]).toBeCloseTo(own.value - base.value, 12);
          const { counts, note } = tooltipAt(difference, CELL, "rate", place);
          expect(note).toBe(`at epoch ${own.epoch}, baseline at ${base.epoch}`);
          expect(counts).toBe([own, base].map(({ value }) => readRate(value)).join(" − "));
        });
      }
  });

  it("has a gap in a difference where the baseline has one", () => {
    const difference = compared(alongTraining(runs[0]), alongTraining(runs[3]));
    expect(indexAt(difference.epochs, difference.stride, 450_000)).toBe(-1);
    expect(tooltipAt(difference, CELL, "rate", 450_000).note).toBe("not logged by both");
    // Also one that is shorter than the steps of the other.
    const coarse = compared(alongTraining(runOf(11, 10)), alongTraining(runOf(101, 1, [35, 41])));
    expect(tooltipAt(coarse, CELL, "rate", 335_000).note).toBe("at epoch 31, baseline at 34");
    expect(tooltipAt(coarse, CELL, "rate", 360_000).note).toBe("not logged by both");
  });

  it("has no gap in a fold where only the coarsest of its runs stands", () => {
    const fold = folded("range", [runOf(101, 1, [31, 61]), runOf(11, 10)].map(alongTraining));
    expect(tooltipAt(fold, CELL, "rate", 490_000).note).toBe("1 of 2 runs, at 40% of training");
  });

  it("has a single epoch stand for all of a training", () => {
    expect(tooltipAt(alongTraining(runOf(1)), CELL, "rate", WHOLE).note).toBe("at epoch 1");
  });
});
