import { expect, it } from "vitest";

import { itemAfterKey, rowWindow } from "./rowWindow";

const list = { count: 100, rowPx: 20, spare: 2 };

it("draws the rows in sight and a few around them", () => {
  const { first, end, height, shift } = rowWindow({ scrollTop: 200, height: 60 }, list);
  expect([first, end, height, shift]).toEqual([8, 15, 2000, 0]);
});

it("scrolls only as far as needed to show a row", () => {
  const { reveal } = rowWindow({ scrollTop: 200, height: 60 }, list);
  expect([reveal(11), reveal(3), reveal(20)]).toEqual([200, 60, 360]);
});

it("reaches every row of a list that is longer than a browser can draw", () => {
  const long = { count: 2_000_000, rowPx: 27, spare: 0 };
  const { height, reveal } = rowWindow({ scrollTop: 0, height: 270 }, long);
  expect(height).toBe(8_000_000);
  for (const row of [0, 777_777, 1_999_999]) {
    const scrollTop = reveal(row);
    const there = rowWindow({ scrollTop, height: 270 }, long);
    expect(there.first).toBeLessThanOrEqual(row);
    expect(there.end).toBeGreaterThan(row);
    const top = row * 27 + there.shift;
    expect(top).toBeGreaterThanOrEqual(scrollTop - 0.01);
    expect(top).toBeLessThan(scrollTop + 270);
  }
  expect(rowWindow({ scrollTop: height - 270, height: 270 }, long).end).toBe(2_000_000);
});

it("walks by keys and stays within the list", () => {
  const at = (key: string, row: number) => itemAfterKey(key, row, { count: 30, page: 10 });
  expect([at("ArrowDown", 4), at("PageUp", 4), at("End", 4), at("PageDown", 25)]).toEqual([
    5, 0, 29, 29,
  ]);
  expect(at("a", 4)).toBeNull();
  expect(at("constructor", 4)).toBeNull();
  expect(itemAfterKey("End", 0, { count: 0, page: 10 })).toBeNull();
});

it("walks a grid by keys in both directions", () => {
  const at = (key: string, item: number) =>
    itemAfterKey(key, item, { count: 30, page: 2, across: 4 });
  expect([at("ArrowRight", 7), at("ArrowLeft", 8), at("ArrowDown", 7), at("ArrowUp", 9)]).toEqual([
    8, 7, 11, 5,
  ]);
  expect([at("PageDown", 7), at("PageUp", 9), at("ArrowUp", 2), at("End", 7)]).toEqual([
    15, 1, 0, 29,
  ]);
});

it("leaves arrows to the side alone in a list", () => {
  expect(itemAfterKey("ArrowRight", 4, { count: 30, page: 10 })).toBeNull();
});
