import { describe, expect, it } from "vitest";

import { WHOLE } from "../compute/time/share";
import type { ScalarValues } from "../source/source";
import { plottedOf } from "../testing/plotted";
import { Scalars } from "./scalars.svelte";
import type { LeafSeries } from "./series/series";
import { INITIAL_VIEW, type ViewState } from "./view";

function leafOf(runId: string, splitId: string, epochs = [0, 10], color = 0): LeafSeries {
  const cube = epochs.map(() => [[1]]);
  const plotted = plottedOf(runId, ["ant"], epochs, cube);
  return { ...plotted, color, stride: 1, runId, splitId, key: `${runId}/${splitId}` };
}

const scalarOf = (name: string, epochs: number[], values: (number | null)[]) =>
  ({ name, epochs, values }) as ScalarValues;

/** Scalars of a page, and the runs that were asked for theirs. */
function begin(
  leaves: LeafSeries[],
  answers: Record<string, ScalarValues[] | Error>,
  view: Partial<ViewState> = {},
) {
  const asked: string[] = [];
  const ask = async (runId: string) => {
    asked.push(runId);
    const answer = answers[runId] ?? [];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const session = {
    source: { scalars: ask } as never,
    view: { ...INITIAL_VIEW, ...view },
    leaves,
  };
  return { scalars: new Scalars(session), session, asked };
}

describe("scalars of shown runs", () => {
  it("are put together by name, a line for each run in the colour of its first series", async () => {
    const leaves = [
      leafOf("a", "val", [0, 10], 3),
      leafOf("a", "test", [0, 10], 4),
      leafOf("b", "val", [0, 10], 5),
    ];
    const { scalars, asked } = begin(leaves, {
      a: [scalarOf("lr", [0, 10], [0.1, null]), scalarOf("Grad", [0], [2])],
      b: [scalarOf("lr", [5], [0.2])],
    });
    await scalars.look();
    expect(asked).toEqual(["a", "b"]);
    const lines = ({ lines }: (typeof scalars.all)[number]) =>
      lines.map(({ label, color, epochs, values }) => [
        label,
        color,
        [...Array.from(epochs)],
        [...values],
      ]);
    expect(scalars.all.map((scalar) => [scalar.name, lines(scalar)])).toEqual([
      ["Grad", [["a", 3, [0], [2]]]],
      [
        "lr",
        [
          ["a", 3, [0, 10], [0.1, NaN]],
          ["b", 5, [5], [0.2]],
        ],
      ],
    ]);
  });

  it("lie along their run's own training where the axis is shares of it", async () => {
    const leaves = [leafOf("a", "val", [10, 15]), leafOf("a", "test", [12, 20])];
    const lr = scalarOf("lr", [10, 15, 20], [3, 2, 1]);
    const { scalars } = begin(leaves, { a: [lr] }, { align: "share" });
    await scalars.look();
    const [{ epochs, stride }] = scalars.all[0].lines;
    expect(epochs).toEqual([0, WHOLE / 2, WHOLE]);
    expect(stride).toBe(WHOLE / 10 + 1);
  });

  it("of a run of one epoch are at the start of its training", async () => {
    const { scalars } = begin(
      [leafOf("a", "val", [7])],
      { a: [scalarOf("lr", [7], [1])] },
      { align: "share" },
    );
    await scalars.look();
    expect(scalars.all[0].lines[0]).toMatchObject({ epochs: [0], stride: WHOLE + 1 });
  });
});

describe("scalars are asked for", () => {
  it("again only when a series of their run has something new", async () => {
    const leaves = [leafOf("a", "val"), leafOf("b", "val")];
    const { scalars, asked } = begin(leaves, {});
    await scalars.look();
    await scalars.look();
    expect(asked).toEqual(["a", "b"]);
    Object.assign(leaves[1].lines.data, { version: "2" });
    await scalars.look();
    expect(asked).toEqual(["a", "b", "b"]);
  });

  it("again after a failure, which leaves those of other runs", async () => {
    const answers: Record<string, ScalarValues[] | Error> = {
      a: new Error("no answer"),
      b: [scalarOf("lr", [0], [1])],
    };
    const { scalars, asked } = begin([leafOf("a", "val"), leafOf("b", "val")], answers);
    await scalars.look();
    expect(scalars.all.map(({ name }) => name)).toEqual(["lr"]);
    answers.a = [scalarOf("loss", [0], [1])];
    await scalars.look();
    expect(asked).toEqual(["a", "b", "a"]);
    expect(scalars.all.map(({ name }) => name)).toEqual(["loss", "lr"]);
  });

  it("again if their run comes back after it was hidden", async () => {
    const leaves = [leafOf("a", "val"), leafOf("b", "val")];
    const answers = { a: [scalarOf("lr", [0], [1])], b: [scalarOf("lr", [0], [1])] };
    const { scalars, asked } = begin(leaves, answers);
    await scalars.look();
    const [hidden] = leaves.splice(0, 1);
    await scalars.look();
    leaves.push(hidden);
    expect(scalars.all[0].lines.map(({ label }) => label)).toEqual(["b"]);
    await scalars.look();
    expect(asked).toEqual(["a", "b", "a"]);
  });

  it("of sixteen runs at most", async () => {
    const leaves = Array.from({ length: 20 }, (_, at) => leafOf(`run ${at}`, "val"));
    const { scalars, asked } = begin(leaves, {});
    await scalars.look();
    expect(asked).toHaveLength(16);
  });
});

it("the first two scalars are shown until others are chosen", async () => {
  const all = ["c", "a", "b"].map((name) => scalarOf(name, [0], [1]));
  const { scalars, session } = begin([leafOf("run", "val")], { run: all });
  await scalars.look();
  const shown = () => scalars.shown.map(({ name }) => name);
  expect(shown()).toEqual(["a", "b"]);
  scalars.toggle("c");
  expect(session.view.scalars).toEqual(["a", "b", "c"]);
  scalars.toggle("a");
  expect(shown()).toEqual(["b", "c"]);
  session.view.scalars = ["gone"];
  expect(shown()).toEqual([]);
});
