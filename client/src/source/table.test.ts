import { afterEach, expect, it, vi } from "vitest";

import { plottedOf } from "../testing/plotted";
import { Tables, toCsv } from "./table";

const { data } = plottedOf(
  "run",
  ['"big" ant', "bee, wasp"],
  [0, 5, 9],
  [
    [
      [3, 1],
      [0, 2],
    ],
    [
      [4, 0],
      [0, 2],
    ],
    [
      [4, 0],
      [1, 1],
    ],
  ],
).lines;
const REF = { runId: "run", splitId: "test" };

afterEach(() => void vi.restoreAllMocks());

it("a table has a row for each count that is not zero, epoch by epoch", () => {
  expect(toCsv(data, null)).toBe(
    [
      '"epoch","actual","predicted","count"',
      '0,"""big"" ant","""big"" ant",3',
      '0,"""big"" ant","bee, wasp",1',
      '0,"bee, wasp","bee, wasp",2',
      '5,"""big"" ant","""big"" ant",4',
      '5,"bee, wasp","bee, wasp",2',
      '9,"""big"" ant","""big"" ant",4',
      '9,"bee, wasp","""big"" ant",1',
      '9,"bee, wasp","bee, wasp",1',
      "",
    ].join("\n"),
  );
});

it("a table of a range has its first and its last epoch", () => {
  const epochs = (range: [number, number]) =>
    toCsv(data, range)
      .split("\n")
      .slice(1, -1)
      .map((row) => row.split(",")[0]);
  expect(epochs([5, 9])).toEqual(["5", "5", "9", "9", "9"]);
  expect(epochs([1, 8])).toEqual(["5", "5"]);
  expect(epochs([6, 8])).toEqual([]);
});

it("there are tables of series that were read, as CSV alone", () => {
  const tables = new Tables();
  expect(tables.url(REF, "csv", null)).toBeNull();
  tables.keep(data);
  expect(tables.url(REF, "parquet", null)).toBeNull();
  expect(tables.url(REF, "csv", null)).toMatch(/^blob:/);
});

it("a new table of a series takes the place of the one before", async () => {
  const tables = new Tables();
  tables.keep(data);
  const first = tables.url(REF, "csv", null)!;
  const second = tables.url(REF, "csv", [9, 9])!;
  await expect(fetch(first)).rejects.toThrow();
  expect(await (await fetch(second)).text()).toBe(toCsv(data, [9, 9]));
});
