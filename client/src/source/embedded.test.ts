import { beforeEach, describe, expect, it } from "vitest";

import { EmbeddedSource, findEmbedded, type Embedded } from "./embedded";
import type { FeatureLayer, FeaturePoints, RunList, SeriesRef } from "./source";

const HELD: SeriesRef = { runId: "r", splitId: "s" };
const OTHER: SeriesRef = { runId: "r", splitId: "other" };
const LAYER = { layer: "conv" } as FeatureLayer;
const ALL = { epochs: [0] } as unknown as FeaturePoints;
const OF_CELL = { epochs: [1] } as unknown as FeaturePoints;

const EMBEDDED: Embedded = {
  runs: { log_directory: "logs", runs: [] } as unknown as RunList,
  series: {},
  orders: { name: ["a", "b"], support: ["b", "a"], confused: [], similarity: [] },
  tree: { classes: ["a", "b"], groups: [], parents: [-1, -1] },
  findings: { r: [{ kind: "event" }] } as unknown as Embedded["findings"],
  scalars: { r: [{ name: "lr" }] } as unknown as Embedded["scalars"],
  view: "mode=lines",
  features: {
    "r/s": {
      layer: LAYER,
      maps: [
        { cell: null, points: ALL },
        { cell: ["a", "b"], points: OF_CELL },
      ],
    },
  },
  instances: null,
};

let source: EmbeddedSource;

beforeEach(() => {
  source = new EmbeddedSource(EMBEDDED);
});

describe("a report's data", () => {
  const documentOf = (text: string | null) =>
    ({ getElementById: () => text && { textContent: text } }) as unknown as Document;

  it("is read from its document", () => {
    expect(findEmbedded(documentOf(JSON.stringify(EMBEDDED)))).toEqual(EMBEDDED);
  });

  it("is not in the page of a server", () => {
    expect(findEmbedded(documentOf(null))).toBeNull();
    expect(findEmbedded(documentOf(""))).toBeNull();
  });
});

it("answers with what it holds", async () => {
  expect(await source.runs()).toBe(EMBEDDED.runs);
  expect(await source.order({ by: "support", series: [], epochs: null })).toEqual(["b", "a"]);
  expect(await source.tree()).toBe(EMBEDDED.tree);
  expect(await source.findings({ runId: "r", baseline: null, epochs: null })).toHaveLength(1);
  expect(await source.scalars("r")).toEqual([{ name: "lr" }]);
});

it("holds nothing of runs that it was not exported with", async () => {
  expect(await source.findings({ runId: "x", baseline: null, epochs: null })).toEqual([]);
  expect(await source.scalars("x")).toEqual([]);
});

it("says how to export a series that it lacks", async () => {
  await expect(source.series(OTHER)).rejects.toMatchObject({
    message: "This report does not hold that series.",
    hint: "Export it again with all runs and splits.",
  });
});

describe("of features it holds", () => {
  it("the layer of a series, or says that there is none", async () => {
    expect(await source.features({ series: HELD, layer: "" })).toBe(LAYER);
    expect((await source.features({ series: OTHER, layer: "" })).reason).toMatch(
      /none were logged/,
    );
  });

  it("maps by their cell", async () => {
    const request = { series: HELD, layer: "" };
    expect(await source.featurePoints(request, null)).toBe(ALL);
    expect(await source.featurePoints(request, ["a", "b"])).toBe(OF_CELL);
    for (const [series, cell] of [
      [HELD, ["b", "a"]],
      [OTHER, null],
    ] as const)
      await expect(source.featurePoints({ series, layer: "" }, cell)).rejects.toThrow(
        "This map is not in the report.",
      );
  });

  it("no units", async () => {
    for (const asked of [source.featureCell(), source.featureUnits(), source.unitImage()])
      await expect(asked).rejects.toThrow("A report holds no units of a layer.");
  });
});

it("shows its own images, and fetches none", async () => {
  expect(await source.imageUrl("data:image/png;base64,AAAA")).toBe("data:image/png;base64,AAAA");
  for (const address of ["https://example.org/a.png", "data:text/html,x", "api/samples/1"])
    expect(await source.imageUrl(address)).toBe("data:,");
});

it("says that instances are not in it", async () => {
  const request = { id: "7", series: [HELD], epochs: [0, 1] as [number, number] };
  expect(await source.instance(request)).toEqual({ instance: "7", scores: [], paths: [] });
  const flow = await source.flow({ series: HELD, actual: ["a"], epochs: [0, 1] });
  expect(flow).toMatchObject({ run_id: "r", split_id: "s", counts: [] });
  expect(flow.reason).toBeTruthy();
});

it("never changes", () => {
  const states: string[] = [];
  source.watch(null, (state) => states.push(state));
  expect(states).toEqual(["static"]);
});
