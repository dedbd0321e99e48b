import { describe, expect, it } from "vitest";

import { counted, formatCount, formatDecimal, formatShare, formatShareTick } from "./format";

describe("format", () => {
  it.each([
    [0, "0%"],
    [1, "100.0%"],
    [0.134, "13.4%"],
    [0.012, "1.2%"],
    [0.0004, "0.04%"],
    [0.00001, "<0.01%"],
    [NaN, "–"],
  ])("writes the share %d as %s", (value, text) => expect(formatShare(value)).toBe(text));

  it("writes counts with grouped thousands", () => {
    expect(formatCount(50000)).toBe("50,000");
    expect(formatCount(NaN)).toBe("–");
    expect(counted(1, "epoch")).toBe("1 epoch");
    expect(counted(12000, "epoch")).toBe("12,000 epochs");
  });

  it("writes decimals with a real minus, and none on zero", () => {
    expect([2.71, -1.94, -0.04, 0].map(formatDecimal)).toEqual(["2.7", "−1.9", "0.0", "0.0"]);
  });

  it("writes ticks as short as they can be", () => {
    expect([0, 0.002, 0.05, 0.62, 1].map(formatShareTick)).toEqual([
      "0%",
      "0.2%",
      "5%",
      "62%",
      "100%",
    ]);
  });
});
