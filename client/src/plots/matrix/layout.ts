import { contains, fitTexts, type Box, type Pen } from "../pen";
import { font } from "../theme";

/** Where everything of the matrix lies, in CSS pixels. */
export interface MatrixLayout {
  width: number;
  height: number;
  classCount: number;
  /** Side of a cell, its hairline included: whole pixels, so that all cells are alike. */
  cell: number;
  /** The visible part of the cells. */
  grid: Box;
  /** How far the cells are scrolled, by whole cells; 0 if all fit. */
  scrollX: number;
  scrollY: number;
  /**
   * The column of false negatives, the row of false positives, and the accuracy where they meet. A matrix
   * of two classes has none of them: they would repeat the cells.
   */
  hasMargins: boolean;
  fn: Box;
  fp: Box;
  corner: Box;
  legend: Box;
  /** Where the brackets of open groups are, beside the row labels. */
  brackets: Box;
  rowLabels: Box;
  columnLabels: Box;
  /** Size of the class labels' type; the other texts are a little smaller. */
  labelSize: number;
  /** Column labels are upright if they do not fit above their cells. */
  labelsUpright: boolean;
  /** Size of all cells together, scrolled ones included. */
  fullSize: number;
}

/** A name beside the cells: of a row, of a column, or of a margin. */
export type MatrixName = { kind: "row" | "column"; class: number } | { kind: "fn" | "fp" };

/** What a point of the matrix is: indices of shown classes, or a margin. */
export type MatrixSpot =
  | { kind: "cell"; actual: number; predicted: number }
  | { kind: "fn" | "fp"; class: number }
  | { kind: "accuracy" };

const MIN_CELL = 13;
const MAX_CELL = 190;
const MIN_MARGIN = 26;
const GAP = 10;
const TITLE = 18;
/** The width of a level of brackets, and how many levels there are at most. */
export const BRACKET = 17;
export const MOST_LEVELS = 4;
const MAX_ROW_LABEL = 150;
const MAX_COLUMN_LABEL = 110;
const MIN_LEGEND = 440;
/** The height of a bar, of what it is of, and of two lines of numbers, in the smallest type. */
const LEAST_LEGEND = 86;

export interface MatrixSize {
  width: number;
  height: number;
  /** As they are written beside the cells. */
  classes: readonly string[];
  /** Open groups around each other, for which there is room beside the labels. */
  levels?: number;
  scrollX: number;
  scrollY: number;
}

/** Fits the matrix into a space; its cells are squares, as large as both sides allow. */
export function layoutMatrix(
  pen: Pen,
  { width, height, classes, levels = 0, scrollX, scrollY }: MatrixSize,
): MatrixLayout {
  const n = Math.max(1, classes.length);
  const hasMargins = classes.length !== 2;
  const gap = hasMargins ? GAP : 0;
  const large = labelSizeFor(height);
  const legendHeight = Math.max(LEAST_LEGEND, 8 + large * 6);
  pen.font = font(large, 600);
  const widest = Math.ceil(Math.max(24, ...classes.map((name) => pen.measureText(name).width)));
  const rowLabel = Math.min(widest, MAX_ROW_LABEL, width * 0.22);
  const brackets = Math.min(levels, MOST_LEVELS) * BRACKET;
  const left = TITLE + brackets + rowLabel + 10;
  const fit = (top: number) => {
    const share = (room: number) => {
      if (!hasMargins) return room / n;
      return room < MIN_MARGIN * (n + 1) ? (room - MIN_MARGIN) / n : room / (n + 1);
    };
    const across = share(width - left - gap - 4);
    const tall = share(height - top - gap - legendHeight);
    return Math.floor(Math.max(MIN_CELL, Math.min(MAX_CELL, across, tall)));
  };
  let top = TITLE + large + 12;
  let cell = fit(top);
  const labelsUpright = widest > cell - 4 && cell < MAX_COLUMN_LABEL;
  if (labelsUpright) {
    top = TITLE + 8 + Math.min(widest, MAX_COLUMN_LABEL);
    cell = fit(top);
  }
  const margin = hasMargins ? Math.max(cell, MIN_MARGIN) : 0;
  const fullSize = cell * n;
  // Only whole cells are visible, and they are scrolled by whole cells, so that no strip or label is cut.
  const whole = (room: number) => Math.max(1, Math.min(n, Math.floor(room / cell))) * cell;
  const gridWidth = whole(width - left - gap - margin - 4);
  const gridHeight = whole(height - top - gap - margin - legendHeight);
  const scrolled = (position: number, length: number) =>
    Math.max(0, Math.min(Math.round(position / cell) * cell, fullSize - length));
  const x0 = Math.round(left);
  const y0 = Math.round(top);
  return {
    width,
    height,
    classCount: classes.length,
    cell,
    grid: { x: x0, y: y0, width: gridWidth, height: gridHeight },
    scrollX: scrolled(scrollX, gridWidth),
    scrollY: scrolled(scrollY, gridHeight),
    hasMargins,
    fn: { x: x0 + gridWidth + gap, y: y0, width: margin, height: gridHeight },
    fp: { x: x0, y: y0 + gridHeight + gap, width: gridWidth, height: margin },
    corner: { x: x0 + gridWidth + gap, y: y0 + gridHeight + gap, width: margin, height: margin },
    legend: {
      x: x0,
      y: y0 + gridHeight + gap + margin + 14,
      width: Math.max(280, gridWidth + gap + margin),
      height: legendHeight - 14,
    },
    brackets: { x: TITLE, y: y0, width: brackets, height: gridHeight },
    rowLabels: { x: TITLE + brackets, y: y0, width: rowLabel, height: gridHeight },
    columnLabels: { x: x0, y: TITLE, width: gridWidth, height: top - TITLE },
    labelSize: Math.min(large, Math.max(12, cell - 1)),
    labelsUpright,
    fullSize,
  };
}

/** Larger type if there is room for it. */
function labelSizeFor(height: number): number {
  return height >= 1300 ? 16 : height >= 1150 ? 14 : height >= 880 ? 13 : 12;
}

/** The width that the matrix can use, because the height limits its cells; at most `most`. */
export function usefulWidth(
  pen: Pen,
  height: number,
  classes: readonly string[],
  levels: number,
  most: number,
): number {
  const { fn, legend } = layoutMatrix(pen, {
    width: most,
    height,
    classes,
    levels,
    scrollX: 0,
    scrollY: 0,
  });
  return Math.min(most, Math.max(fn.x + fn.width + 4, legend.x + MIN_LEGEND));
}

/** The box of a spot, without its hairline. */
export function boxOf(layout: MatrixLayout, spot: MatrixSpot): Box {
  const { cell, grid, fn, fp, corner, scrollX, scrollY } = layout;
  const row = (index: number): Pick<Box, "y" | "height"> => {
    return { y: grid.y + index * cell - scrollY, height: cell - 1 };
  };
  const column = (index: number): Pick<Box, "x" | "width"> => {
    return { x: grid.x + index * cell - scrollX, width: cell - 1 };
  };
  switch (spot.kind) {
    case "cell":
      return { ...column(spot.predicted), ...row(spot.actual) };
    case "fn":
      return { x: fn.x, width: fn.width - 1, ...row(spot.class) };
    case "fp":
      return { y: fp.y, height: fp.height - 1, ...column(spot.class) };
    case "accuracy":
      return { x: corner.x, y: corner.y, width: corner.width - 1, height: corner.height - 1 };
  }
}

/** Rows and columns that are at least partly visible, as half-open ranges. */
export function visibleClasses(layout: MatrixLayout): {
  rows: [number, number];
  columns: [number, number];
} {
  const { cell, grid, scrollX, scrollY, classCount } = layout;
  const part = (scroll: number, length: number): [number, number] => [
    Math.max(0, Math.floor(scroll / cell)),
    Math.min(classCount, Math.ceil((scroll + length) / cell)),
  ];
  return { rows: part(scrollY, grid.height), columns: part(scrollX, grid.width) };
}

/** What lies under a point, or null. */
export function spotAt(layout: MatrixLayout, x: number, y: number): MatrixSpot | null {
  const { grid, fn, fp, corner, cell, scrollX, scrollY, classCount } = layout;
  const index = (position: number) => Math.min(classCount - 1, Math.floor(position / cell));
  if (!classCount) return null;
  if (contains(grid, x, y))
    return {
      kind: "cell",
      actual: index(y - grid.y + scrollY),
      predicted: index(x - grid.x + scrollX),
    };
  if (contains(fn, x, y)) return { kind: "fn", class: index(y - grid.y + scrollY) };
  if (contains(fp, x, y)) return { kind: "fp", class: index(x - grid.x + scrollX) };
  if (contains(corner, x, y)) return { kind: "accuracy" };
  return null;
}

/** The name that lies under a point, or null. */
export function nameAt(layout: MatrixLayout, x: number, y: number): MatrixName | null {
  const { rowLabels, columnLabels, cell, scrollX, scrollY, fn, fp, classCount } = layout;
  const index = (position: number) => Math.min(classCount - 1, Math.floor(position / cell));
  if (!classCount) return null;
  if (contains({ ...rowLabels, width: rowLabels.width + 10 }, x, y))
    return { kind: "row", class: index(y - rowLabels.y + scrollY) };
  if (contains(columnLabels, x, y))
    return { kind: "column", class: index(x - columnLabels.x + scrollX) };
  if (contains({ ...columnLabels, x: fn.x, width: fn.width }, x, y)) return { kind: "fn" };
  if (contains({ ...rowLabels, y: fp.y, height: fp.height }, x, y)) return { kind: "fp" };
  return null;
}

/** The class names, shortened to the row labels' width; distinct names stay distinct. */
export function rowTexts(pen: Pen, layout: MatrixLayout, names: readonly string[]): string[] {
  return fitTexts(pen, names, layout.rowLabels.width);
}

/** The class names, shortened to the room above their columns; distinct names stay distinct. */
export function columnTexts(pen: Pen, layout: MatrixLayout, names: readonly string[]): string[] {
  return fitTexts(
    pen,
    names,
    layout.labelsUpright ? layout.columnLabels.height - 8 : layout.cell - 4,
  );
}
