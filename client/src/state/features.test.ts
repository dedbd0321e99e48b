import { describe, expect, it } from "vitest";

import type { DataSource, FeatureLayer, UnitsRequest } from "../source/source";
import { plottedOf } from "../testing/plotted";
import { Features } from "./features.svelte";
import type { LeafSeries } from "./series";
import { INITIAL_VIEW, type Selection, type ViewState } from "./view";

const LEAF: LeafSeries = {
  ...plottedOf(
    "a",
    ["ant", "bee"],
    [0],
    [
      [
        [1, 1],
        [1, 1],
      ],
    ],
  ),
  ...{ runId: "a", splitId: "val", key: "a/val" },
};
const CELL: Selection = { kind: "cell", actual: "ant", predicted: "bee" };

/** Features of a page whose layer has some epochs, and what was asked for beside the layer. */
function begin(parts: {
  view?: Partial<ViewState>;
  selection?: Selection;
  epochs?: number[];
  reason?: string;
  epoch?: number;
  rows?: string[];
}) {
  const { epochs = [2, 6, 9], reason = null, rows = [] } = parts;
  const asked: unknown[] = [];
  const note =
    (what: string) =>
    (_: unknown, ...of: unknown[]) => {
      asked.push([what, ...of]);
      return Promise.reject(new Error(`no ${what}`));
    };
  const source = {
    features: () => Promise.resolve({ reason, version: "1", epochs } as unknown as FeatureLayer),
    featureCell: note("cell"),
    featurePoints: note("points"),
    featureUnits: ({ epoch, cells, listed }: UnitsRequest) =>
      note("units")(null, epoch, cells, listed),
  } as Partial<DataSource> as DataSource;
  const session = {
    source,
    view: { ...INITIAL_VIEW, tab: "features", ...parts.view },
    selection: parts.selection ?? CELL,
    epoch: parts.epoch ?? 7,
    instances: {
      series: LEAF,
      list: { answer: { rows: rows.map((instance) => ({ instance })) } },
    },
  };
  return { session, features: new Features(session), asked };
}

describe("the cell of features", () => {
  it.each<[Selection, unknown]>([
    [CELL, ["ant", "bee"]],
    [{ kind: "cell", actual: "ant", predicted: "ant" }, null],
    [{ kind: "cell", actual: "ant", predicted: "a group" }, null],
    [{ kind: "fn", class: "ant" }, null],
  ])("of the selection %o is %o", (selection, cell) => {
    expect(begin({ selection }).features.cell).toEqual(cell);
  });
});

it("features are those of the newest epoch at the playhead, or of the first after it", async () => {
  const epochAt = async (epoch: number, epochs?: number[]) => {
    const { features } = begin({ epoch, epochs });
    await features.look();
    return features.epoch;
  };
  expect(await epochAt(7)).toBe(6);
  expect(await epochAt(9)).toBe(9);
  expect(await epochAt(0)).toBe(2);
  expect(await epochAt(7, [])).toBeNull();
});

describe("features ask", () => {
  const askedWith = async (parts: Parameters<typeof begin>[0]) => {
    const { features, asked } = begin(parts);
    await features.look();
    // The page looks again once the layer is here, which says at which epochs there are features.
    await features.look();
    return asked;
  };

  it("for the points of the selected cell's plane, or of all classes", async () => {
    const cell = ["cell", ["ant", "bee"]];
    expect(await askedWith({})).toEqual([cell, ["points", ["ant", "bee"]]]);
    expect(await askedWith({ view: { wholeMap: true } })).toEqual([cell, ["points", null]]);
    expect(await askedWith({ selection: { kind: "accuracy" } })).toEqual([["points", null]]);
  });

  it("for units that tell listed instances apart, or those that are chosen", async () => {
    const rows = ["1", "2"];
    const units = async (view: Partial<ViewState>) =>
      (await askedWith({ rows, view: { featureView: "units", ...view } })).at(-1);
    expect(await units({})).toEqual(["units", 6, [["ant", "bee"]], ["1", "2"]]);
    expect(await units({ chosen: ["7"] })).toEqual(["units", 6, [["ant", "bee"]], ["7"]]);
  });

  it("for nothing more where the layer has none, nor while another tab is open", async () => {
    expect(await askedWith({ reason: "No features were logged." })).toEqual([]);
    expect(await askedWith({ view: { tab: "cells" } })).toEqual([]);
    expect(await askedWith({ view: { align: "share" } })).toEqual([]);
  });
});

it("a lasso chooses twenty instances at most, and says how many it held", () => {
  const { session, features } = begin({});
  features.choose(Array.from({ length: 30 }, (_, id) => `${id}`));
  expect([features.held, session.view.chosen.length, session.view.chosen[0]]).toEqual([
    30,
    20,
    "0",
  ]);
});
