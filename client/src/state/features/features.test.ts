import { describe, expect, it } from "vitest";

import type {
  DataSource,
  FeatureLayer,
  FeaturePoints,
  InstancesRequest,
  UnitsRequest,
} from "../../source/source";
import { plottedOf } from "../../testing/plotted";
import { Features } from "./features.svelte";
import type { LeafSeries } from "../series/series";
import { INITIAL_VIEW, type Selection, type ViewState } from "../view";

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
const LISTED = { passing: "ever" } as InstancesRequest;
const CELL: Selection = { kind: "cell", actual: "ant", predicted: "bee" };

/** Features of a page whose layer has some epochs, and what was asked for beside the layer. */
function begin(parts: {
  view?: Partial<ViewState>;
  selection?: Selection;
  epochs?: number[];
  reason?: string;
  epoch?: number;
}) {
  const { epochs = [2, 6, 9], reason = null } = parts;
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
    featureUnits: ({ epoch, cells, classes, chosen, listed }: UnitsRequest) =>
      note("units")(null, epoch, cells, classes, chosen, listed),
  } as Partial<DataSource> as DataSource;
  const session = {
    source,
    view: { ...INITIAL_VIEW, tab: "features", ...parts.view },
    selection: parts.selection ?? CELL,
    epoch: parts.epoch ?? 7,
    range: [0, 9] as [number, number],
    instances: {
      series: LEAF,
      list: { request: () => LISTED },
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

  it("for units that tell apart what is listed, what is chosen and the subsets beside", async () => {
    const units = async (view: Partial<ViewState>) =>
      (await askedWith({ view: { featureView: "units", ...view } })).at(-1);
    const cell = ["ant", "bee"];
    expect(await units({})).toEqual(["units", 6, [cell], [], [], LISTED]);
    expect(await units({ chosen: ["7"] })).toEqual(["units", 6, [cell], [], ["7"], LISTED]);
    const unitRows = [["bee", "ant"], ["bee"], ["ant", "bee"], ["ant", "other"]] as const;
    expect(await units({ unitRows: [...unitRows] })).toEqual([
      ...["units", 6, [cell, ["bee", "ant"]], ["bee"], [], LISTED],
    ]);
  });

  it("for nothing more where the layer has none, nor while another tab is open", async () => {
    expect(await askedWith({ reason: "No features were logged." })).toEqual([]);
    expect(await askedWith({ view: { tab: "cells" } })).toEqual([]);
    expect(await askedWith({ view: { align: "share" } })).toEqual([]);
  });
});

it("a lasso holds the points within it, and lights the cells that they pass through", async () => {
  const base64 = (values: number[]) =>
    btoa(String.fromCharCode(...new Uint8Array(Int16Array.from(values).buffer)));
  // Three instances at two epochs; the second one is taken for another class at epoch 6.
  const packed = {
    classes: ["ant", "bee"],
    epochs: [2, 6],
    ids: ["x", "y", "z"],
    actual: [0, 0, 1],
    predicted: base64([0, 0, 1, 0, 1, -1]),
    points: base64([0, 0, 1, 1, 5, 5, 0, 0, 1, 1, 1, 1]),
    scale: 1,
    ...{ explained: [], rest: [], step: [] },
  } as FeaturePoints;
  const asked: unknown[] = [];
  const { session } = begin({ view: { wholeMap: true } });
  session.source.featurePoints = (...of) => {
    asked.push(of.slice(1));
    return Promise.resolve(packed);
  };
  const features = new Features(session);
  await features.look();
  await features.look();
  features.lasso.hold([
    [0.5, 0.5],
    [9, 0.5],
    [0.5, 9],
  ]);
  await features.lasso.look();
  expect(features.lasso.drawn).toMatchObject({ epoch: 6, last: 6, cell: null });
  // The third one is there at epoch 2 only, which is not the lasso's.
  expect(features.lasso.ids).toEqual(["y"]);
  expect(features.lasso.passed).toEqual([
    { actual: 0, predicted: 0, stays: [[2, 2]] },
    { actual: 0, predicted: 1, stays: [[6, 6]] },
  ]);
  expect(asked.at(-1)).toEqual([null, 6]);
  features.lasso.hold([[1, 1]]);
  expect(session.view.lasso).toEqual([]);
});

it("a subset is a row of the units until it is taken away", () => {
  const { session, features } = begin({});
  features.toggleRow(["bee"]);
  features.toggleRow(["ant", "bee"]);
  expect(features.hasRow(["bee"])).toBe(true);
  features.toggleRow(["bee"]);
  expect(session.view.unitRows).toEqual([["ant", "bee"]]);
});
