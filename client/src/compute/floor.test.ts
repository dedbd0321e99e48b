import { describe, expect, it } from "vitest";

import { shareFloor } from "./floor";

const line = (...values: number[]) => ({ epochs: Int32Array.from(values.keys()), values });
const all: [number, number] = [0, 1000];

describe("shareFloor", () => {
  it("is the tenth below the least value of few", () => {
    expect(shareFloor([line(0.83, 0.9), line(0.71)], all)).toEqual({ floor: 0.7, isCut: false });
  });

  it("passes over one value in fifty, and says that it is cut", () => {
    const values = [0.12, ...Array.from({ length: 49 }, () => 0.85)];
    expect(shareFloor([line(...values)], all)).toEqual({ floor: 0.8, isCut: true });
    expect(shareFloor([line(0.12, ...values)], all)).toEqual({ floor: 0.1, isCut: false });
  });

  it("counts the epochs of the range only, and no undefined ones", () => {
    expect(shareFloor([line(0.1, NaN, 0.65, 0.95)], [1, 3])).toEqual({ floor: 0.6, isCut: false });
  });

  it("leaves room below values of 1, and below no values at all", () => {
    expect(shareFloor([line(1, 1)], all).floor).toBe(0.9);
    expect(shareFloor([], all).floor).toBe(0.9);
  });
});
