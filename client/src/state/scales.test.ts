import { describe, expect, it } from "vitest";

import { differenceOf } from "../compute/series/difference";
import { plottedOf } from "../testing/plotted";
import { Scales } from "./scales.svelte";
import type { ShownSeries } from "./series/series";
import { INITIAL_VIEW, type ViewState } from "./view";

/** A run of which so many of 100 are wrong at each epoch. */
function seriesOf(runId: string, wrong: number[]): ShownSeries {
  const cube = wrong.map((count) => [
    [100 - count, count],
    [0, 100],
  ]);
  const plotted = plottedOf(runId, ["a", "b"], [...wrong.keys()], cube);
  return { ...plotted, runId, splitId: "test", key: `${runId}/test` };
}

function scalesOf(
  wrong: number[],
  view: Partial<ViewState> = {},
  { mode = "heat", playhead = 0 }: { mode?: "heat" | "numbers"; playhead?: number } = {},
) {
  const session = {
    view: { ...INITIAL_VIEW, ...view },
    series: [seriesOf("run", wrong)],
    baseline: null as ShownSeries | null,
    classes: ["a", "b"],
    range: [0, wrong.length - 1] as [number, number],
    playhead,
    mode,
  };
  return { session, scales: new Scales(session) };
}

const wild = [90, 80, ...Array<number>(38).fill(10)];

describe("the scale of the cells", () => {
  it("is of the whole range, if its start is not wild", () => {
    const { scales } = scalesOf([20, 15, 10]);
    expect(scales.hasWildStart).toBe(false);
    expect(scales.range).toEqual([0, 2]);
    expect(scales.cells.max).toBe(0.2);
  });

  it("leaves out a wild start if the view says so", () => {
    const settled = scalesOf(wild, { scale: "settled" }).scales;
    expect([settled.hasWildStart, settled.range, settled.cells.max]).toEqual([true, [2, 39], 0.1]);
    const whole = scalesOf(wild, { scale: "range" }).scales;
    expect([whole.hasWildStart, whole.range, whole.cells.max]).toEqual([true, [0, 39], 0.9]);
  });

  it("is of the playhead's epoch for numbers", () => {
    const { scales } = scalesOf(wild, { scale: "settled" }, { mode: "numbers", playhead: 1 });
    expect([scales.hasWildStart, scales.range, scales.cells.max]).toEqual([false, [1, 1], 0.8]);
  });

  it("is of the sizes of differences, if there is a baseline", () => {
    const { session, scales } = scalesOf([20, 15, 10]);
    const baseline = seriesOf("base", [50, 10, 10]);
    session.series = [differenceOf(session.series[0], baseline)];
    session.baseline = baseline;
    expect(scales.cells.max).toBeCloseTo(0.3);
    expect(scales.margins.max).toBeCloseTo(0.3);
  });
});

describe("contrast", () => {
  it("is the view's, for cells and for FN and FP, which are less bright", () => {
    const { scales } = scalesOf([20], { gamma: 0.4 });
    expect(scales.cells).toEqual({ max: 0.2, gamma: 0.4 });
    expect(scales.margins).toEqual({ max: 0.2, gamma: 0.4, top: 0.5 });
  });

  it("changes by steps, between the strongest and none", () => {
    const { session, scales } = scalesOf([20], { gamma: 0.97 });
    scales.changeGamma(0.05);
    expect(session.view.gamma).toBe(1);
    scales.changeGamma(-9);
    expect(session.view.gamma).toBe(0.05);
  });
});
