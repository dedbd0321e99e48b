import { describe, expect, it } from "vitest";

import { ruler } from "../../testing/ruler";
import {
  boxOf,
  layoutMatrix,
  nameAt,
  rowTexts,
  spotAt,
  usefulWidth,
  visibleClasses,
  type MatrixSpot,
} from "./layout";

const namesOf = (count: number) => Array.from({ length: count }, (_, at) => `c${at}`);
const layoutOf = (count: number, { width = 900, height = 800, scrollX = 0, scrollY = 0 } = {}) =>
  layoutMatrix(ruler, { width, height, classes: namesOf(count), scrollX, scrollY });
const middleOf = ({ x, y, width, height }: ReturnType<typeof boxOf>) =>
  [x + width / 2, y + height / 2] as const;

describe("the layout of a matrix", () => {
  it("has square cells of whole pixels that all fit, with FN, FP and the legend", () => {
    const layout = layoutOf(10);
    const { cell, grid, fn, fp, legend, width, height } = layout;
    expect(Number.isInteger(cell)).toBe(true);
    expect([grid.width, grid.height]).toEqual([10 * cell, 10 * cell]);
    expect(fn.x + fn.width).toBeLessThanOrEqual(width);
    expect(fp.y + fp.height).toBeLessThan(legend.y);
    expect(legend.y + legend.height).toBeLessThanOrEqual(height);
  });

  it("has no margins for two classes, which would repeat the cells", () => {
    expect(layoutOf(2)).toMatchObject({ hasMargins: false, fn: { width: 0 }, fp: { height: 0 } });
    expect(layoutOf(3).hasMargins).toBe(true);
  });

  it("shows whole cells of many classes, scrolled by whole cells", () => {
    const layout = layoutOf(200, { scrollX: 500, scrollY: 1e6 });
    const { cell, grid, scrollX, scrollY, fullSize } = layout;
    expect(cell).toBe(13);
    expect([grid.width % cell, grid.height % cell, scrollX % cell, scrollY % cell]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(scrollY + grid.height).toBe(fullSize);
    const { rows, columns } = visibleClasses(layout);
    expect(rows).toEqual([200 - grid.height / cell, 200]);
    expect(columns).toEqual([scrollX / cell, (scrollX + grid.width) / cell]);
  });

  it("turns column labels upright if they do not fit above their cells", () => {
    const classes = namesOf(30).map((name) => `${name} of a long name`);
    const size = { width: 900, height: 800, scrollX: 0, scrollY: 0 };
    expect(layoutMatrix(ruler, { ...size, classes }).labelsUpright).toBe(true);
    expect(layoutOf(5).labelsUpright).toBe(false);
  });

  it("takes no more width than its height lets it use", () => {
    const wide = usefulWidth(ruler, 500, namesOf(10), 0, 3000);
    expect(wide).toBeLessThan(1000);
    expect(usefulWidth(ruler, 500, namesOf(10), 0, 300)).toBe(300);
  });
});

describe("what lies under a point", () => {
  const layout = layoutOf(10);

  it.each<MatrixSpot>([
    { kind: "cell", actual: 2, predicted: 7 },
    { kind: "fn", class: 3 },
    { kind: "fp", class: 9 },
    { kind: "accuracy" },
  ])("is the spot in whose box it is: %o", (spot) => {
    expect(spotAt(layout, ...middleOf(boxOf(layout, spot)))).toEqual(spot);
  });

  it("follows the scrolling", () => {
    const scrolled = layoutOf(200, { scrollX: 130, scrollY: 260 });
    const { x, y } = scrolled.grid;
    expect(spotAt(scrolled, x + 1, y + 1)).toEqual({ kind: "cell", actual: 20, predicted: 10 });
    expect(nameAt(scrolled, x - 5, y + 1)).toEqual({ kind: "row", class: 20 });
    expect(nameAt(scrolled, x + 1, y - 5)).toEqual({ kind: "column", class: 10 });
  });

  it("is a name beside the cells, and nothing between the blocks", () => {
    const { grid, fn, fp } = layout;
    expect(nameAt(layout, fn.x + 5, grid.y - 5)).toEqual({ kind: "fn" });
    expect(nameAt(layout, grid.x - 15, fp.y + 5)).toEqual({ kind: "fp" });
    expect(spotAt(layout, fn.x - 5, grid.y + 5)).toBeNull();
    expect(spotAt(layoutOf(0), grid.x + 5, grid.y + 5)).toBeNull();
  });
});

it("shortens names of rows so that they stay distinct", () => {
  const names = ["a".repeat(40) + "1", "a".repeat(40) + "2"];
  const layout = layoutMatrix(ruler, {
    width: 900,
    height: 800,
    classes: names,
    scrollX: 0,
    scrollY: 0,
  });
  const texts = rowTexts(ruler, layout, names);
  expect(new Set(texts).size).toBe(2);
  for (const text of texts)
    expect(ruler.measureText(text).width).toBeLessThanOrEqual(layout.rowLabels.width);
});
