import { describe, expect, it } from "vitest";

import type { SeriesData } from "../compute/series/data";
import type { DataSource, RunList } from "../source/source";
import { Session } from "./session.svelte";

function seriesOf(version: string, epochs: number): SeriesData {
  const none = new Float64Array(0);
  return {
    runId: "r",
    runName: "run",
    splitId: "s",
    splitName: "val",
    version,
    timeUnit: "epoch",
    problems: [],
    tree: null,
    epochs: Uint8Array.from({ length: epochs }, (_, epoch) => epoch),
    classes: [],
    cellActual: new Uint16Array(0),
    cellPredicted: new Uint16Array(0),
    counts: none,
    support: none,
    falseNegatives: none,
    falsePositives: none,
    predictedTotal: none,
    precision: none,
    recall: none,
    f1: none,
    falseNegativeRate: none,
    falseDiscoveryRate: none,
    accuracy: new Float64Array(epochs),
    averages: {} as SeriesData["averages"],
    total: new Uint8Array(epochs),
    leftOut: new Uint8Array(epochs),
    timesLogged: new Uint8Array(epochs),
    coverage: new Float64Array(epochs),
    rankCount: new Uint8Array(epochs),
    worldSize: new Uint8Array(epochs),
  };
}

const LIST = {
  log_directory: "logs",
  first_splits: 4,
  runs: [{ id: "r", name: "run", problems: [], splits: [{ id: "s", version: "2" }] }],
};

function sourceOf(parts: Partial<DataSource>): DataSource {
  return {
    runs: () => Promise.resolve(LIST as unknown as RunList),
    scalars: () => Promise.resolve([]),
    series: () => Promise.resolve(seriesOf("2", 3)),
    order: () => Promise.resolve([]),
    tree: () => Promise.resolve({ classes: [], groups: [], parents: [] }),
    findings: () => Promise.resolve([]),
    marks: () => Promise.resolve(null),
    instances: () => Promise.resolve({ series: [], scores: [], found: 0, rows: [] }),
    instanceIds: () => Promise.resolve([]),
    instanceContrasts: () => Promise.resolve({ listed: 0, right: 0, contrasts: [] }),
    imageUrl: (address) => Promise.resolve(address),
    instanceTable: () => Promise.resolve(""),
    flow: () => Promise.reject(new Error("no flow")),
    instance: ({ id }) => Promise.resolve({ instance: id, scores: [], paths: [] }),
    features: () => Promise.reject(new Error("no features")),
    featureCell: () => Promise.reject(new Error("no features")),
    featurePoints: () => Promise.reject(new Error("no features")),
    featureUnits: () => Promise.reject(new Error("no features")),
    unitImage: () => Promise.reject(new Error("no features")),
    tableUrl: () => null,
    watch: () => () => {},
    ...parts,
  };
}

it("a series that came older than the list says is read again", async () => {
  let held = seriesOf("1", 1);
  const source = sourceOf({ series: () => Promise.resolve(held) });
  const session = new Session(source, "series=r.s.0");
  await session.loader.refresh();
  expect(session.extent).toEqual([0, 0]);
  held = seriesOf("2", 3);
  await session.loader.refresh();
  expect(session.extent).toEqual([0, 2]);
});

describe("an order of classes that comes late", () => {
  /** A session whose orders come when they are let go, or fail. */
  function begin() {
    const asked: { come: (classes: string[]) => void; fail: (error: Error) => void }[] = [];
    const order = () => new Promise<string[]>((come, fail) => asked.push({ come, fail }));
    return { session: new Session(sourceOf({ order }), "series=r.s.0"), asked };
  }

  it("gives way to the one that was chosen after it", async () => {
    const { session, asked } = begin();
    const orderings = [session.orderBy("similarity"), session.orderBy("name")];
    asked[1].come(["ant", "bee"]);
    asked[0].come(["bee", "ant"]);
    await Promise.all(orderings);
    expect([session.view.orderName, session.view.order]).toEqual(["name", ["ant", "bee"]]);
  });

  it("gives way to the order of a link that was followed meanwhile", async () => {
    const { session, asked } = begin();
    const ordering = session.orderBy("similarity");
    session.follow("series=r.s.0");
    asked[0].come(["bee", "ant"]);
    await ordering;
    expect([session.view.orderName, session.view.order]).toEqual(["declared", []]);
  });

  it("fails silently, but loudly where it is still wanted", async () => {
    const { session, asked } = begin();
    const late = session.orderBy("similarity");
    const wanted = session.orderBy("name");
    for (const { fail } of asked) fail(new Error("no answer"));
    await late;
    await expect(wanted).rejects.toThrow("no answer");
  });
});

describe("groups that come late", () => {
  const tree = (name: string) => ({ classes: [name], groups: [], parents: [-1] });
  const found = "&group=similarity&found=0-0,r.s";

  /** A session whose groups come when they are let go, or fail. */
  function begin() {
    const asked: { come: (name: string) => void; fail: (error: Error) => void }[] = [];
    const find = () =>
      new Promise<ReturnType<typeof tree>>((come, fail) =>
        asked.push({ come: (name) => come(tree(name)), fail }),
      );
    return { session: new Session(sourceOf({ tree: find }), `series=r.s.0${found}`), asked };
  }

  it("give way to those that were asked for meanwhile", async () => {
    const { session, asked } = begin();
    const reading = session.loader.refresh();
    await expect.poll(() => asked.length).toBe(1);
    const grouping = session.groups.groupBy("similarity");
    asked[1].come("new");
    await grouping;
    asked[0].come("old");
    await reading;
    expect(session.groups.classTree?.classes).toEqual(["new"]);
  });

  it("fail silently, but loudly where they are still wanted", async () => {
    const { session, asked } = begin();
    const late = session.groups.groupBy("similarity");
    const wanted = session.groups.groupBy("similarity");
    for (const { fail } of asked) fail(new Error("no answer"));
    await late;
    await expect(wanted).rejects.toThrow("no answer");
  });
});

it("a baseline that alone is here is shown as it is", async () => {
  const session = new Session(sourceOf({}), "series=r.s.0,gone.s.1&baseline=r.s");
  await session.loader.refresh();
  expect(session.series.map(({ key }) => key)).toEqual(["r/s"]);
  expect(session.baseline).toBeNull();
});

it("a closed group says how many of its classes are not hidden", async () => {
  const classes = ["ant", "bee", "cat", "oak"];
  const tree = { classes, groups: ["animal"], parents: [0, 0, 0, -1, -1] };
  const zeros = new Float64Array(12);
  const held = { ...seriesOf("2", 3), classes, tree, support: zeros, predictedTotal: zeros };
  const session = new Session(
    sourceOf({ series: () => Promise.resolve(held) }),
    "series=r.s.0&group=given&open=%25&hidden=cat",
  );
  await session.loader.refresh();
  expect(session.labels).toEqual(["▸ animal (2)", "oak"]);
});
