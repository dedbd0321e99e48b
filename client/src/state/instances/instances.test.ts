import { describe, expect, it } from "vitest";

import type { TreeNode } from "../../compute/classes/tree";
import type { DataSource, InstancesRequest, RunSummary, SplitSummary } from "../../source/source";
import { plottedOf } from "../../testing/plotted";
import { Instances } from "./instances.svelte";
import { keyOf, type LeafSeries } from "../series/series";
import { INITIAL_VIEW, type Selection, type ViewState } from "../view";

const CLASSES = ["ant", "bee", "oak"];

function leafOf(runId: string, splitId: string): LeafSeries {
  const cube = [CLASSES.map(() => [1, 1, 1])];
  return { ...plottedOf(runId, CLASSES, [0], cube), runId, splitId, key: `${runId}/${splitId}` };
}

interface Shown {
  view?: Partial<ViewState>;
  selection?: Selection;
  leaves?: LeafSeries[];
  source?: Partial<DataSource>;
  groups?: TreeNode[];
  /** Runs with the splits "val" and "test", of which series are known. */
  runs?: string[];
}

function begin({ view, selection, leaves, source, groups = [], runs = ["a", "b"] }: Shown) {
  const known = runs.flatMap((id) =>
    ["val", "test"].map((name) => {
      const found = { run: { id } as RunSummary, split: { id: name, name } as SplitSummary };
      return [keyOf({ runId: id, splitId: name }), found] as const;
    }),
  );
  const session = {
    source: source as DataSource,
    view: { ...INITIAL_VIEW, ...view },
    splits: new Map(known),
    leaves: leaves ?? [leafOf("a", "val"), leafOf("b", "val")],
    selection: selection ?? ({ kind: "accuracy" } as const),
    range: [2, 5] as [number, number],
    groups: { nodes: new Map(groups.map((node) => [node.name, node])) },
  };
  return { session, instances: new Instances(session) };
}

const requestOf = (shown: Shown) => begin(shown).instances.list.request()!;

describe("what is listed", () => {
  const insects = {
    name: "insects",
    members: ["ant", "bee"].map((name) => ({ name, members: [] })),
  } as unknown as TreeNode;

  it.each<[Selection, Pick<InstancesRequest, "actual" | "predicted" | "only">]>([
    [{ kind: "accuracy" }, { actual: null, predicted: null, only: "wrong" }],
    [
      { kind: "cell", actual: "ant", predicted: "oak" },
      { actual: ["ant"], predicted: ["oak"], only: "all" },
    ],
    [
      { kind: "cell", actual: "oak", predicted: "insects" },
      { actual: ["oak"], predicted: ["ant", "bee"], only: "all" },
    ],
    [
      { kind: "fn", class: "insects" },
      { actual: ["ant", "bee"], predicted: null, only: "wrong" },
    ],
    [
      { kind: "fp", class: "oak" },
      { actual: null, predicted: ["oak"], only: "wrong" },
    ],
    [
      { kind: "precision", class: "oak" },
      { actual: null, predicted: ["oak"], only: "wrong" },
    ],
    [
      { kind: "recall", class: "oak" },
      { actual: ["oak"], predicted: null, only: "all" },
    ],
  ])("of the selection %o", (selection, cells) => {
    expect(requestOf({ selection, groups: [insects] })).toMatchObject(cells);
  });

  it("is of the last series that is shown, or of the one that is chosen", () => {
    expect(requestOf({}).series).toEqual({ runId: "b", splitId: "val" });
    const listed = { runId: "a", splitId: "val" };
    expect(requestOf({ view: { listed } }).series).toEqual(listed);
    const gone = { runId: "gone", splitId: "val" };
    expect(requestOf({ view: { listed: gone } }).series.runId).toBe("b");
  });

  it("is nothing along shares of training, and nothing of no series", () => {
    expect(requestOf({ view: { align: "share" } })).toBeNull();
    expect(requestOf({ leaves: [] })).toBeNull();
  });

  it("leaves out what the other series has too, if that is asked for", () => {
    const beside = { runId: "a", splitId: "val" };
    const withoutOf = (view: Partial<ViewState>) => {
      const { instances } = begin({ view });
      return [instances.list, instances.beside].map((list) => list.request()?.without?.runId);
    };
    expect(withoutOf({ beside, onlyOne: true })).toEqual(["a", "b"]);
    expect(withoutOf({ beside, onlyOne: false })).toEqual([undefined, undefined]);
    // A series is not beside itself.
    expect(begin({ view: { beside, listed: beside } }).instances.otherSeries).toBeNull();
  });
});

describe("choosing instances", () => {
  const chosenAfter = (chosen: string[], id: string, together: boolean) => {
    const { session, instances } = begin({ view: { chosen } });
    instances.chosen.choose(id, together);
    return session.view.chosen;
  };

  it("alone lets the others go, and lets itself go if it was alone", () => {
    expect(chosenAfter(["1"], "2", false)).toEqual(["2"]);
    expect(chosenAfter(["1", "2"], "2", false)).toEqual(["2"]);
    expect(chosenAfter(["2"], "2", false)).toEqual([]);
  });

  it("together adds one or takes it away, and keeps the last twenty", () => {
    expect(chosenAfter(["1"], "2", true)).toEqual(["1", "2"]);
    expect(chosenAfter(["1", "2"], "1", true)).toEqual(["2"]);
    const twenty = Array.from({ length: 20 }, (_, id) => `${id}`);
    expect(chosenAfter(twenty, "new", true)).toEqual([...twenty.slice(1), "new"]);
  });
});

it("a chosen instance is asked for in all series of its split, others in the listed one alone", async () => {
  const asked: [string, string[]][] = [];
  const { instances } = begin({
    view: { chosen: ["1", "2"], listed: { runId: "a", splitId: "val" } },
    leaves: [leafOf("a", "val"), leafOf("b", "val")],
    runs: ["a", "old", "b", "new"],
    source: {
      instance: ({ id, series }) => {
        asked.push([id, series.map(keyOf)]);
        return Promise.resolve({ instance: id, scores: [], paths: [] });
      },
    },
  });
  await instances.chosen.look();
  // The listed one first, then the other that is shown, then the newest.
  expect(asked).toEqual([
    ["1", ["a/val"]],
    ["2", ["a/val", "b/val", "new/val", "old/val"]],
  ]);
});

it("a step goes to the next row and stays within the list, which is read page by page", async () => {
  const pages: number[] = [];
  const { session, instances } = begin({
    view: { chosen: ["99"] },
    source: {
      instances: (_, { offset, limit }) => {
        pages.push(offset);
        const places = Array.from(
          { length: Math.min(limit, 150 - offset) },
          (__, at) => offset + at,
        );
        const rows = places.map((at) => ({ instance: `${at}` }));
        return Promise.resolve({ series: [], scores: [], found: 150, rows } as never);
      },
    },
  });
  await instances.list.look();
  await instances.chosen.step(1);
  expect([session.view.chosen, pages]).toEqual([["100"], [0, 100]]);
  await instances.chosen.step(1);
  expect(session.view.chosen).toEqual(["101"]);
  await instances.chosen.step(1000);
  expect(session.view.chosen).toEqual(["149"]);
  await instances.chosen.step(-1000);
  expect(session.view.chosen).toEqual(["0"]);
  expect(pages).toEqual([0, 100]);
});
