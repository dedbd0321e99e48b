import { describe, expect, it } from "vitest";

import { ApiSource } from "./api";
import type { InstancesRequest, SeriesRef } from "./source";

const SERIES: SeriesRef = { runId: "my run", splitId: "a/b" };
const OTHER: SeriesRef = { runId: "r", splitId: "s" };

/** A source that notes what it is asked for, and gives one answer to all of it. */
class Noting extends ApiSource {
  readonly asked: string[] = [];

  constructor(readonly answer: () => Response) {
    super();
  }

  protected ask(path: string): Promise<Response> {
    this.asked.push(path);
    return Promise.resolve(this.answer());
  }

  imageUrl = (address: string) => Promise.resolve(address);
  tableUrl = () => null;
  watch = () => () => {};
}

/** The address that is asked for, and the parts of its query in order. */
async function askedFor(
  ask: (source: ApiSource) => Promise<unknown>,
): Promise<[string, string[][]]> {
  const source = new Noting(() => Response.json({ series: [] }));
  await ask(source);
  const [path, query] = source.asked[0].split("?");
  return [path, [...new URLSearchParams(query)]];
}

const INSTANCES: InstancesRequest = {
  series: OTHER,
  ...{ actual: ["R&B", "pop"], predicted: null, only: "wrong", epochs: [2, 9] },
  ...{
    passing: "came",
    search: "x=1",
    where: ["forgotten>=2", "source=a&b"],
    lasso: [],
    without: null,
  },
  ...{ sort: "share", descending: true },
};

describe("a source asks", () => {
  it("for findings of a run whose id is no path, against a baseline and of epochs", async () => {
    const runId = "../a b";
    const path = "api/runs/..%2Fa%20b/findings";
    const askedWith = (baseline: string | null, epochs: [number, number] | null) =>
      askedFor((source) => source.findings({ runId, baseline, epochs }));
    expect(await askedWith(null, null)).toEqual([path, []]);
    expect(await askedWith("b", [1, 2])).toEqual([
      path,
      [
        ["first", "1"],
        ["last", "2"],
        ["baseline", "b"],
      ],
    ]);
  });

  it("for an order by series, each with its own epochs if it has some", async () => {
    const series = [OTHER, { ...OTHER, epochs: [3, 4] as [number, number] }];
    expect(
      await askedFor((source) => source.order({ by: "confused", series, epochs: null })),
    ).toEqual([
      "api/order",
      [
        ["by", "confused"],
        ["series", "r/s"],
        ["series", "r/s/3-4"],
      ],
    ]);
  });

  it("for instances by all that narrows them, and leaves out what does not", async () => {
    const [path, query] = await askedFor((source) =>
      source.instances(INSTANCES, { offset: 100, limit: 50 }),
    );
    expect(path).toBe("api/instances");
    expect(query.sort()).toEqual([
      ["actual", "R&B"],
      ["actual", "pop"],
      ["descending", "true"],
      ["first", "2"],
      ["last", "9"],
      ["limit", "50"],
      ["offset", "100"],
      ["only", "wrong"],
      ["passing", "came"],
      ["search", "x=1"],
      ["series", "r/s"],
      ["sort", "share"],
      ["where", "forgotten>=2"],
      ["where", "source=a&b"],
    ]);
    const request = { ...INSTANCES, predicted: ["ox"], without: SERIES };
    const [table, more] = await askedFor((source) => source.instanceTable(request));
    expect(table).toBe("api/instances/table.csv");
    expect(more).toContainEqual(["predicted", "ox"]);
    expect(more).toContainEqual(["without", "my run/a/b"]);
    expect(more.map(([name]) => name)).not.toContain("limit");
  });

  it("for marks of the classes that are shown, or of all", async () => {
    const request = { series: OTHER, baseline: SERIES, epochs: [0, 1] as [number, number] };
    const classes = async (shown: string[] | null) => {
      const [, query] = await askedFor((source) => source.marks({ ...request, classes: shown }));
      return query.filter(([name]) => name === "classes");
    };
    expect(await classes(null)).toEqual([]);
    expect(await classes(["R&B", ""])).toEqual([
      ["classes", "R&B"],
      ["classes", ""],
    ]);
  });

  it("for features of a layer and a cell, and of the first layer by no name", async () => {
    const path = "api/runs/my%20run/splits/a%2Fb/features";
    const of = (layer: string) => ({ series: SERIES, layer });
    expect(await askedFor((source) => source.features(of("")))).toEqual([path, []]);
    expect(await askedFor((source) => source.featurePoints(of("fc"), null))).toEqual([
      `${path}/points`,
      [["layer", "fc"]],
    ]);
    const cell = [
      ["actual", "cat"],
      ["predicted", "dog"],
    ];
    for (const ask of ["featureCell", "featurePoints"] as const) {
      const [, query] = await askedFor((source) => source[ask](of(""), ["cat", "dog"]));
      expect(query).toEqual(cell);
    }
  });

  it("for units by cells, of which each is two names, classes, and what is listed", async () => {
    const request = { series: OTHER, layer: "fc", epoch: 3, most: 16, instances: 6 };
    const rows = { cells: [["cat", "dog"] as const], classes: ["ox"], chosen: ["7", "x"] };
    const [path, query] = await askedFor((source) =>
      source.featureUnits({ ...request, ...rows, listed: INSTANCES }),
    );
    expect(path).toBe("api/runs/r/splits/s/features/units");
    expect(query.slice(0, 10)).toEqual([
      ["layer", "fc"],
      ["epoch", "3"],
      ["most", "16"],
      ["instances", "6"],
      ["cell", "cat"],
      ["cell", "dog"],
      ["classes", "ox"],
      ["chosen", "7"],
      ["chosen", "x"],
      ["listed", "true"],
    ]);
    expect(query).toContainEqual(["where", "forgotten>=2"]);
    expect(query.map(([name]) => name)).not.toContain("series");
    const [, none] = await askedFor((source) =>
      source.featureUnits({ ...request, ...rows, listed: null }),
    );
    expect(none.at(-1)).toEqual(["listed", "false"]);
  });
});

it("the same list of runs is given again while the answer is the same", async () => {
  let runs: unknown[] = [];
  const source = new Noting(() => Response.json({ runs }));
  const first = await source.runs();
  expect(await source.runs()).toBe(first);
  runs = [{ id: "r" }];
  expect((await source.runs()).runs).toEqual(runs);
});

describe("an answer that is an error", () => {
  const failing = (body: string, status: number) =>
    new Noting(() => new Response(body, { status, statusText: "Bad Gateway" })).runs();
  const said = JSON.stringify({ error: { message: "No such run.", hint: "Choose another." } });

  it("says what the server says", async () => {
    await expect(failing(said, 404)).rejects.toMatchObject({
      message: "No such run.",
      hint: "Choose another.",
      isRefused: false,
    });
  });

  it.each([401, 403])("refuses the page if its status is %i", async (status) => {
    await expect(failing(said, status)).rejects.toMatchObject({ isRefused: true });
  });

  it("of something between page and server says its status", async () => {
    await expect(failing("<h1>Oops</h1>", 502)).rejects.toMatchObject({
      message: "The server answered 502 Bad Gateway.",
      hint: null,
      isRefused: false,
    });
  });
});
