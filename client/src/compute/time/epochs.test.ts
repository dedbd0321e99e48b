import { describe, expect, it } from "vitest";

import { extentOf, indexAt, indexRange, strideOf } from "./epochs";

describe("strideOf", () => {
  it.each([
    [[], 1],
    [[4], 1],
    [[0, 1, 2, 3], 1],
    [[0, 5, 10, 15], 5],
    [[0, 1, 2, 3, 50, 51], 1],
    [[0, 5, 10, 40, 45], 5],
  ])("of %j is %i", (epochs, stride) => expect(strideOf(epochs)).toBe(stride));
});

describe("indexAt", () => {
  const epochs = Int32Array.of(0, 5, 10, 40);
  it.each([
    [0, 0],
    [4, 0],
    [5, 1],
    [14, 2],
    [15, -1],
    [39, -1],
    [44, 3],
    [45, -1],
  ])("at epoch %i is %i", (epoch, index) => expect(indexAt(epochs, 5, epoch)).toBe(index));

  it("is none before the first epoch", () => expect(indexAt(Int32Array.of(3), 1, 2)).toBe(-1));
});

describe("indexRange", () => {
  it("holds both ends", () =>
    expect(indexRange(Int32Array.of(0, 5, 10, 15), [5, 10])).toEqual([1, 3]));
});

describe("extentOf", () => {
  it("spans series of different length, and passes empty ones over", () => {
    expect(extentOf([Int32Array.of(3, 9), new Int32Array(), Int32Array.of(0)])).toEqual([0, 9]);
    expect(extentOf([new Int32Array()])).toBeNull();
  });
});
