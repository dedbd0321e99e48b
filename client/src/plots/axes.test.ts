import { describe, expect, it } from "vitest";

import { epochTicks, spread } from "./axes";
import { pointScale } from "./scales";

describe("the ticks of an epoch axis", () => {
  const ticksOf = (range: [number, number], length: number) =>
    epochTicks(pointScale(range, length), 56);

  it("are whole epochs with room between them", () => {
    expect(ticksOf([0, 100], 560)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(ticksOf([0, 100], 120)).toEqual([0, 50, 100]);
    expect(ticksOf([0, 3], 560)).toEqual([0, 1, 2, 3]);
  });

  it("are the ends if there are no others, and the epoch alone if there is only one", () => {
    expect(ticksOf([3, 4], 60).every(Number.isInteger)).toBe(true);
    expect(ticksOf([7, 7], 560)).toEqual([7]);
  });
});

describe("labels that are spread", () => {
  it("stay where they want to be if they do not overlap", () => {
    expect(spread([10, 50, 90], 15, [0, 100])).toEqual([10, 50, 90]);
  });

  it("make room for each other and keep their order", () => {
    expect(spread([50, 50, 52], 10, [0, 100])).toEqual([50, 60, 70]);
    expect(spread([52, 50], 10, [0, 100])).toEqual([60, 50]);
  });

  it("stay between the top and the bottom", () => {
    expect(spread([98, 99, 100], 10, [0, 100])).toEqual([80, 90, 100]);
    expect(spread([-5], 10, [4, 100])).toEqual([4]);
  });
});
