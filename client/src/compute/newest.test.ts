import { expect, it } from "vitest";

import { newestOfAll } from "./newest";

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
