import { describe, expect, it } from "vitest";

import { listHeld, NO_INSTANCES, tableHeld, type HeldInstances } from "./heldInstances";
import type { InstanceRow, InstancesRequest, Sample } from "./source";

const SCORES = ["forgotten", "hard"];

function rowOf(instance: string, parts: Partial<InstanceRow>): InstanceRow {
  return {
    ...{ instance, is_number: true, series: 0, actual: 0, strip: [] },
    ...{ share: 1, first: 0, last: 4, passage: "stayed", scores: [0, 0] },
    ...parts,
  };
}

function sampleOf(parts: Partial<Sample>): Sample {
  const none = { thumbnail: null, image: null, width: null, height: null };
  return { ...none, text: null, group: null, values: {}, ...parts };
}

const ROWS = [
  rowOf("9", {
    share: 0.25,
    passage: "came",
    scores: [2, 0.4],
    sample: sampleOf({ text: "A Red car", group: "p1", values: { source: "Web", age: 30 } }),
  }),
  rowOf("10", {
    share: 0.5,
    scores: [0, null],
    sample: sampleOf({ group: "p2", values: { source: "scan", age: 7.5, checked: true } }),
  }),
  rowOf("100", { share: null, passage: "left", scores: [5, 0.9] }),
];

const REQUEST: InstancesRequest = {
  series: { runId: "r", splitId: "s" },
  ...{ actual: ["cat", "dog"], predicted: ["ox"], only: "all", epochs: [0, 4] },
  ...{
    passing: "ever",
    search: "",
    where: [],
    lasso: [],
    without: null,
    sort: "instance",
    descending: false,
  },
};

const HELD = {
  request: { ...REQUEST },
  list: {
    series: [{ classes: ['"big" cat'], reason: null }],
    scores: SCORES,
    found: 3,
    rows: ROWS,
  },
  details: [],
} as unknown as HeldInstances;

const idsOf = (asked: Partial<InstancesRequest>) =>
  listHeld(HELD, { ...REQUEST, ...asked }).rows.map(({ instance }) => instance);

describe("a report lists", () => {
  it("what it was made with, whichever way its classes stand", () => {
    expect(idsOf({ actual: ["dog", "cat"] })).toEqual(["9", "10", "100"]);
  });

  it.each<[string, Partial<InstancesRequest>]>([
    ["class", { actual: ["cat"] }],
    ["prediction", { predicted: null }],
    ["choice of wrong ones", { only: "wrong" }],
    ["range", { epochs: [1, 4] }],
    ["split", { series: { runId: "r", splitId: "other" } }],
    ["series without those", { without: { runId: "r", splitId: "other" } }],
  ])("nothing of another %s, and says that it holds only one list", (_, asked) => {
    const { series, found, rows } = listHeld(HELD, { ...REQUEST, ...asked });
    expect([found, rows]).toEqual([0, []]);
    expect(series[0].reason).toMatch(/^This report holds only the instances that were listed/);
  });

  it("nothing where it was made without instances, and says how to get them", () => {
    const [of] = listHeld(null, REQUEST).series;
    expect([of.run_id, of.split_id, of.reason]).toEqual(["r", "s", NO_INSTANCES]);
  });

  it("a page at a time, and counts them all", () => {
    const { found, rows } = listHeld(HELD, REQUEST, { offset: 1, limit: 1 });
    expect([found, rows.map(({ instance }) => instance)]).toEqual([3, ["10"]]);
  });
});

describe("a report's list is narrowed", () => {
  it("to instances by how they pass through the cells", () => {
    expect(idsOf({ passing: "half" })).toEqual(["10"]);
    expect(idsOf({ passing: "came" })).toEqual(["9"]);
    expect(idsOf({ passing: "stayed" })).toEqual(["10"]);
    expect(idsOf({ passing: "left" })).toEqual(["100"]);
  });

  it("to ids and texts with what is searched for, whatever its case", () => {
    expect(idsOf({ search: "10" })).toEqual(["10", "100"]);
    expect(idsOf({ search: "red CAR" })).toEqual(["9"]);
    expect(listHeld(HELD, { ...REQUEST, search: "10" }).found).toBe(2);
    expect(idsOf({ search: "blue" })).toEqual([]);
  });

  it.each([
    ["forgotten>=2", ["9", "100"]],
    ["forgotten<=2", ["9", "10"]],
    ["share<=0.5", ["9", "10"]],
    ["hard>=0", ["9", "100"]],
    ["age>=7.5", ["9", "10"]],
    ["source=web", ["9"]],
    ["group=P2", ["10"]],
    ["checked=true", ["10"]],
    ["unknown>=0", []],
    ["source>=0", []],
  ])("by the filter %s, which nothing unknown passes", (filter, ids) => {
    expect(idsOf({ where: [filter] })).toEqual(ids);
  });

  it("by a number, however it is written", () => {
    expect(idsOf({ where: ["age=30.0"] })).toEqual(["9"]);
    expect(idsOf({ where: ["share=.5"] })).toEqual(["10"]);
    expect(idsOf({ where: ["forgotten="] })).toEqual([]);
  });

  it("by all filters at once", () => {
    expect(idsOf({ where: ["forgotten>=2", "source=web"] })).toEqual(["9"]);
  });
});

describe("a report's list is sorted", () => {
  it("by ids: numbers by value, texts by letters", () => {
    expect(idsOf({ descending: true })).toEqual(["100", "10", "9"]);
    const texts = ROWS.map((row) => ({ ...row, is_number: false }));
    const held = { ...HELD, list: { ...HELD.list, rows: texts } };
    const ids = (descending: boolean) =>
      listHeld(held, { ...REQUEST, descending }).rows.map(({ instance }) => instance);
    expect(ids(false)).toEqual(["10", "100", "9"]);
    expect(ids(true)).toEqual(["9", "100", "10"]);
  });

  it("by a number, what has none last either way", () => {
    expect(idsOf({ sort: "share" })).toEqual(["9", "10", "100"]);
    expect(idsOf({ sort: "share", descending: true })).toEqual(["10", "9", "100"]);
    expect(idsOf({ sort: "hard" })).toEqual(["9", "100", "10"]);
    expect(idsOf({ sort: "hard", descending: true })).toEqual(["100", "9", "10"]);
  });
});

it("a table of a report's instances quotes texts and leaves unknown numbers empty", () => {
  const rows = [...ROWS.slice(1), rowOf('a"b', { is_number: false })];
  expect(tableHeld({ ...HELD.list, rows }).split("\n")).toEqual([
    '"instance","actual","share","first","last","passage","forgotten","hard"',
    '10,"""big"" cat",0.5,0,4,"stayed",0,',
    '100,"""big"" cat",,0,4,"left",5,0.9',
    '"a""b","""big"" cat",1,0,4,"stayed",0,0',
    "",
  ]);
});
