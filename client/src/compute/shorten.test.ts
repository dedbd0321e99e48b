import { describe, expect, it } from "vitest";

import { withoutMiddle } from "./shorten";

const shorten = (text: string, kept: number) => withoutMiddle(Array.from(text), kept);

describe("withoutMiddle", () => {
  it("keeps both ends, by which long names differ", () => {
    expect(shorten("residual block 1 of 18", 8)).toBe("resid…18");
    expect(shorten("residual block 2 of 34", 8)).toBe("resid…34");
  });

  it("keeps the first character where there is room for one", () => {
    expect(shorten("horse", 1)).toBe("h…");
  });

  it("counts what is read as a character, not code units", () => {
    expect(shorten("🐎🐕🐈🐸🚢🚚", 4)).toBe("🐎🐕🐈…🚚");
  });

  it("leaves one ellipsis of two that would meet", () => {
    expect(shorten("class 021 … class 000 (15)", 18)).toBe("class 021…00 (15)");
  });
});
