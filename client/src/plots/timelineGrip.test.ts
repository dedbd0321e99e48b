import { describe, expect, it } from "vitest";

import { pointScale } from "./scales";
import { gripAt, rangeAfter } from "./timelineGrip";

// Ten pixels an epoch.
const x = pointScale([0, 100], 1000);
const DOWN = 40;

describe("what a press takes hold of", () => {
  const zoomed = { range: [20, 60] as [number, number], isZoomed: true, playhead: 40 };

  it.each([
    [200, "first"],
    [212, "first"],
    [213, "range"],
    [588, "last"],
    [612, "last"],
    [613, "new"],
    [100, "new"],
  ] as const)("at %i pixels: %s", (px, kind) => {
    expect(gripAt(x, zoomed, px, DOWN)).toBe(kind);
  });

  it("is the playhead at its head only", () => {
    expect(gripAt(x, zoomed, 405, 5)).toBe("playhead");
    expect(gripAt(x, zoomed, 405, DOWN)).toBe("range");
  });

  it("is a new range between the ends of all epochs", () => {
    const all = { range: [0, 100] as [number, number], isZoomed: false, playhead: 100 };
    expect(gripAt(x, all, 500, DOWN)).toBe("new");
  });

  it("is the handle on the pointer's side where both stand on one epoch", () => {
    const one = { range: [50, 50] as [number, number], isZoomed: true, playhead: 0 };
    expect(gripAt(x, one, 497, DOWN)).toBe("first");
    expect(gripAt(x, one, 503, DOWN)).toBe("last");
  });
});

describe("the range after a drag", () => {
  const after = (kind: "first" | "last" | "new" | "range", start: number, epoch: number) =>
    rangeAfter(kind, [20, 60], start, epoch, [0, 100]);

  it("has the end that was dragged at the pointer", () => {
    expect(after("first", 20, 30)).toEqual([30, 60]);
    expect(after("last", 60, 5)).toEqual([20, 5]);
    expect(after("new", 70, 80)).toEqual([70, 80]);
  });

  it("keeps its length and stays among all epochs where it is moved", () => {
    expect(after("range", 40, 45)).toEqual([25, 65]);
    expect(after("range", 40, 90)).toEqual([60, 100]);
    expect(after("range", 40, 0)).toEqual([0, 40]);
  });
});
