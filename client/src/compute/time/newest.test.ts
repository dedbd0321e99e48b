import { expect, it } from "vitest";

import { newestOfAll, newestShown } from "./newest";

const upTo = (last: number, step = 1) =>
  Array.from({ length: Math.floor(last / step) + 1 }, (_, e) => e * step);

it("is the newest that all splits of a running run have", () => {
  expect(newestOfAll([upTo(5), upTo(4), upTo(4)], true)).toBe(4);
  expect(newestOfAll([upTo(5), upTo(5), upTo(5)], true)).toBe(5);
});

it("is the newest of any split where nothing more will come", () => {
  expect(newestOfAll([upTo(5), upTo(4)], false)).toBe(5);
});

it("goes on until a split that is logged every few epochs is due", () => {
  expect(newestOfAll([upTo(13), upTo(10, 5)], true)).toBe(13);
  expect(newestOfAll([upTo(15), upTo(10, 5)], true)).toBe(14);
  expect(newestOfAll([upTo(15), upTo(15, 5)], true)).toBe(15);
});

it("waits for no split that is no longer logged", () => {
  expect(newestOfAll([upTo(40), [30], upTo(20)], true)).toBe(40);
});

it("waits within each run that is being trained, and for none of those that have ended", () => {
  const splits = [
    { runId: "old", epochs: upTo(8) },
    { runId: "old", epochs: upTo(9) },
    { runId: "new", epochs: upTo(5) },
    { runId: "new", epochs: upTo(4) },
  ];
  expect(newestShown(splits.slice(2), new Set(["new"]))).toBe(4);
  expect(newestShown(splits.slice(2), new Set())).toBe(5);
  expect(newestShown(splits, new Set(["new"]))).toBe(9);
  expect(newestShown(splits, new Set(["old", "new"]))).toBe(8);
});
