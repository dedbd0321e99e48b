import { describe, expect, it } from "vitest";

import { ruler } from "../../testing/ruler";
import { layoutPerformance, performanceAt } from "./layout";
import type { PerformanceScene } from "./scene";

const layoutOf = (width: number, seriesCount: number, rowHeight = 25, isDifference = false) =>
  layoutPerformance(ruler, width, rowHeight, ["cat", "dog"], seriesCount, isDifference);

describe("the columns of class performance", () => {
  it("lie side by side within the width", () => {
    const { columns, valueWidth } = layoutOf(800, 2);
    const charts = [columns.precision, columns.recall, columns.f1];
    let end = columns.class.width;
    for (const { x, width } of charts) {
      expect(x).toBeGreaterThanOrEqual(end);
      end = x + width + valueWidth;
    }
    expect(columns.support.x).toBeGreaterThanOrEqual(end);
    expect(columns.support.x + columns.support.width).toBe(800);
  });

  it("have numbers for all series if there is room, below each other in high rows", () => {
    expect(layoutOf(800, 1).valueRows).toBe(1);
    expect(layoutOf(800, 3, 25).valueRows).toBe(2);
    expect(layoutOf(800, 3, 46).valueRows).toBe(3);
  });

  it("have room for the signs of differences", () => {
    expect(layoutOf(800, 2, 25, true).valueWidth).toBe(layoutOf(800, 2).valueWidth + 8);
  });

  it("have one series' number above a range if there is less room, and none in narrow charts", () => {
    expect(layoutOf(700, 14)).toMatchObject({ valueRows: 0, valueWidth: 50 });
    expect(layoutOf(320, 14)).toMatchObject({ valueRows: 0, valueWidth: 0 });
  });
});

describe("what lies under a point", () => {
  const layout = layoutOf(800, 1);
  const scene = { rows: [1, 0] } as unknown as PerformanceScene;

  it("is a row and a column", () => {
    const { columns } = layout;
    expect(performanceAt(layout, scene, 3, 10)).toEqual({ row: 0, column: "class" });
    expect(performanceAt(layout, scene, columns.recall.x + 1, 30)).toEqual({
      row: 1,
      column: "recall",
    });
    expect(performanceAt(layout, scene, 799, 30)?.column).toBe("support");
  });

  it("is nothing above the first row and below the last", () => {
    expect(performanceAt(layout, scene, 3, -1)).toBeNull();
    expect(performanceAt(layout, scene, 3, 50)).toBeNull();
  });
});
