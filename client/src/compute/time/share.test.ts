import { describe, expect, it } from "vitest";

import { CELL, members, runOf } from "../../testing/folds";
import { differenceOf } from "../series/difference";
import { indexAt } from "./epochs";
import { foldSeries } from "../series/fold";
import { lineOf, type Plotted } from "../series/plotted";
import { alongTraining, epochsWithin, WHOLE } from "./share";
import { formatValue, tooltipAt, tooltipOfPixel } from "../text/tooltip";

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
  function trainingOf(length: number, step = 1, gap = [0, 0]): Plotted {
    const epochs = Array.from({ length }, (_, e) => e * step + 1).filter(
      (epoch) => epoch < gap[0] || epoch >= gap[1],
    );
    const one = runOf(
      epochs,
      epochs.map((e) => [
        [40 + ((e * 7) % 50), 1 + ((e * e) % 60)],
        [0, 10],
      ]),
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

  const runs = [trainingOf(40), trainingOf(80), trainingOf(100), trainingOf(21, 5, [31, 61])];
  const placesOfAll = [
    ...new Set(runs.flatMap((one) => Array.from(alongTraining(one).epochs))),
  ].sort((a, b) => a - b);

  it("folds what stands at the same share of each training", () => {
    const fold = foldSeries(runs.map(alongTraining), "deviation");
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
    const fold = foldSeries(runs.slice(0, 3).map(alongTraining), "range");
    for (let percent = 0; percent <= 100; percent++)
      expect(tooltipAt(fold, CELL, "rate", percent * 10_000).note).toMatch(
        /^3 of 3 runs, at [\d.]+% of training$/,
      );
    for (let i = 1; i < fold.epochs.length; i++)
      expect(fold.epochs[i] - fold.epochs[i - 1]).toBeLessThanOrEqual(fold.stride);
  });

  it("names the share of what was folded, which has no one epoch", () => {
    const fold = foldSeries(runs.slice(0, 3).map(alongTraining), "range");
    expect(tooltipAt(fold, CELL, "rate", 500_000).note).toBe("3 of 3 runs, at 49.5% of training");
    expect(tooltipOfPixel(fold, CELL, "rate", [0, fold.epochs.length]).note).toMatch(
      /^of 3 runs, min [\d.]+% at [\d.]+% of training, max [\d.]+% at [\d.]+% of training$/,
    );
    expect(tooltipAt(differenceOf(fold, alongTraining(runs[0])), CELL, "rate", 500_000).note).toBe(
      "at 49.5% of training",
    );
  });

  it("subtracts what stands at the same share of the baseline's training", () => {
    for (const one of runs)
      for (const baseline of runs.filter((other) => other !== one)) {
        const difference = differenceOf(alongTraining(one), alongTraining(baseline));
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
          expect(counts).toBe(
            [own, base].map(({ value }) => formatValue(value, CELL, "rate")).join(" − "),
          );
        });
      }
  });

  it("has a gap in a difference where the baseline has one", () => {
    const difference = differenceOf(alongTraining(runs[0]), alongTraining(runs[3]));
    expect(indexAt(difference.epochs, difference.stride, 450_000)).toBe(-1);
    expect(tooltipAt(difference, CELL, "rate", 450_000).note).toBe("not logged by both");
    // Also one that is shorter than the steps of the other.
    const coarse = differenceOf(
      alongTraining(trainingOf(11, 10)),
      alongTraining(trainingOf(101, 1, [35, 41])),
    );
    expect(tooltipAt(coarse, CELL, "rate", 335_000).note).toBe("at epoch 31, baseline at 34");
    expect(tooltipAt(coarse, CELL, "rate", 360_000).note).toBe("not logged by both");
  });

  it("has no gap in a fold where only the coarsest of its runs stands", () => {
    const fold = foldSeries(
      [trainingOf(101, 1, [31, 61]), trainingOf(11, 10)].map(alongTraining),
      "range",
    );
    expect(tooltipAt(fold, CELL, "rate", 490_000).note).toBe("1 of 2 runs, at 40% of training");
  });

  it("has a single epoch stand for all of a training", () => {
    expect(tooltipAt(alongTraining(trainingOf(1)), CELL, "rate", WHOLE).note).toBe("at epoch 1");
  });
});
