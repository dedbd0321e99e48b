import { describe, expect, it } from "vitest";

import type { RunSummary, SplitSummary } from "../../source/source";
import { plottedOf } from "../../testing/plotted";
import { Comparison } from "./comparison.svelte";
import { keyOf, type LeafSeries } from "./series";
import { INITIAL_VIEW, type ChosenSeries, type ViewState } from "../view";

/** Two seeds of a configuration, and one run of another; each with as many epochs as said. */
const RUNS = { a0: { lr: 1, seed: 0 }, a1: { lr: 1, seed: 1 }, b0: { lr: 2, seed: 0 } };

function begin(view: Partial<ViewState> = {}, epochs = { a0: 5, a1: 5, b0: 9 }) {
  const ids = Object.keys(RUNS) as (keyof typeof RUNS)[];
  const series: ChosenSeries[] = ids.map((runId, color) => ({ runId, splitId: "test", color }));
  const leaves = series.map((one): LeafSeries => {
    const length = epochs[one.runId as keyof typeof epochs];
    const all = Array.from({ length }, (_, epoch) => epoch);
    const matrices = all.map((epoch) => [
      [9, 1 + epoch],
      [0, 10],
    ]);
    return { ...plottedOf(one.runId, ["a", "b"], all, matrices), ...one, key: keyOf(one) };
  });
  const session = {
    view: { ...INITIAL_VIEW, series, ...view } as ViewState,
    splits: new Map(
      ids.map((id) => {
        const run = { id, name: id, config: RUNS[id], attempt: null } as unknown as RunSummary;
        const split = { id: "test", name: "test" } as SplitSummary;
        return [`${id}/test`, { run, split }] as const;
      }),
    ),
    leaves,
    range: [0, 8] as [number, number],
    timeUnit: "epoch",
  };
  return { session, leaves, comparison: new Comparison(session) };
}

const ref = (runId: string) => ({ runId, splitId: "test" });
const keysOf = (all: readonly { key: string }[]) => all.map(({ key }) => key);

describe("folding", () => {
  it("shows runs that differ only in the keys as one", () => {
    const { leaves, comparison } = begin({ fold: ["seed"] });
    const folded = comparison.fold(leaves);
    expect(keysOf(folded)).toEqual(["a0/test", "b0/test"]);
    expect(folded.map((one) => one.folded?.runs)).toEqual([2, undefined]);
  });

  it("shows each run by itself without keys", () => {
    const { leaves, comparison } = begin();
    expect(keysOf(comparison.fold(leaves))).toEqual(keysOf(leaves));
    expect(comparison.canFold).toBe(true);
  });

  it("is switched on for seeds and off again, and runs get their colours back", () => {
    const { session, comparison } = begin();
    const colors = () => session.view.series!.map(({ color }) => color);
    const before = colors();
    comparison.toggleFold();
    expect(session.view.fold).toEqual(["seed"]);
    expect(colors()[0]).toBe(colors()[1]);
    comparison.toggleFold();
    expect(session.view.fold).toBeNull();
    expect(colors()).toEqual(before);
  });
});

describe("a baseline", () => {
  it("is subtracted from all others and is not shown itself", () => {
    const { leaves, comparison } = begin({ baseline: ref("a1") });
    const aligned = comparison.fold(leaves);
    expect(comparison.baselineOf(aligned)?.key).toBe("a1/test");
    const compared = comparison.compare(aligned);
    expect(keysOf(compared)).toEqual(["a0/test", "b0/test"]);
    expect(compared[0].compared?.baseline).toBe(comparison.baselineOf(aligned));
  });

  it("is the fold that it is in", () => {
    const { leaves, comparison } = begin({ baseline: ref("a1"), fold: ["seed"] });
    expect(comparison.baselineOf(comparison.fold(leaves))?.key).toBe("a0/test");
  });

  it("is none if it is the only series, or not shown", () => {
    const { leaves, comparison } = begin({ baseline: ref("a0") });
    expect(comparison.baselineOf([leaves[0]])).toBeNull();
    const other = begin({ baseline: ref("gone") });
    expect(other.comparison.compare(other.leaves)).toEqual(other.leaves);
  });
});

describe("what is counted", () => {
  it("is the range of every series", () => {
    const { comparison } = begin();
    expect(comparison.counted()).toEqual({
      series: ["a0", "a1", "b0"].map(ref),
      epochs: [0, 8],
    });
  });

  it("is each series' own epochs along shares of training", () => {
    const { session, leaves, comparison } = begin({ align: "share", range: [0, 500_000] });
    session.range = [0, 500_000];
    expect(comparison.counted()).toEqual({
      series: [
        { ...ref("a0"), epochs: [0, 2] },
        { ...ref("a1"), epochs: [0, 2] },
        { ...ref("b0"), epochs: [0, 4] },
      ],
      epochs: null,
    });
    expect(comparison.epochsOf(leaves[2])).toEqual([0, 4]);
  });
});

it("forgets range and playhead with the axis on which they were chosen", () => {
  const { session, comparison } = begin({ range: [1, 3], playhead: 2 });
  comparison.alignBy("epoch");
  expect(session.view).toMatchObject({ range: [1, 3], playhead: 2 });
  comparison.alignBy("share");
  expect(session.view).toMatchObject({ align: "share", range: null, playhead: null });
});
