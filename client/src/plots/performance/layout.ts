import type { Pen } from "../pen";
import { font, textSize } from "../theme";
import type { PerformanceColumn, PerformanceScene } from "./scene";

export interface PerformanceLayout {
  width: number;
  rowHeight: number;
  /** Size of the numbers' type. */
  size: number;
  /** Room for numbers beside each chart; 0 if the charts need all of it. */
  valueWidth: number;
  /** How many numbers are below each other; 0 if there is room only for one series' number above the range of all. */
  valueRows: number;
  columns: Record<PerformanceColumn, { x: number; width: number }>;
}

const VALUE_WIDTH = 34;
/** A number with the mark of its series; a range of numbers. */
const [MARKED_WIDTH, RANGE_WIDTH] = [41, 50];
/** The extra room that a difference needs, compared with a share. */
const SIGN_WIDTH = 8;
/** The least width of a chart that has numbers beside it. */
const LEAST_CHART = 36;

export function layoutPerformance(
  pen: Pen,
  width: number,
  rowHeight: number,
  labels: readonly string[],
  seriesCount: number,
  isDifference: boolean,
): PerformanceLayout {
  const size = textSize(width);
  pen.font = font(nameSize(rowHeight, width));
  const widest = Math.max(52, ...labels.map((name) => pen.measureText(name).width));
  const name = Math.min(Math.ceil(widest) + 12, 150, Math.floor(width * 0.26));
  const support = Math.max(92, Math.floor(width * (seriesCount > 1 ? 0.16 : 0.2)));
  const chart = Math.floor((width - name - support) / 3);
  const { valueWidth, valueRows } = fitValues(
    chart - 14 - LEAST_CHART,
    rowHeight,
    seriesCount,
    size,
    isDifference,
  );
  const column = (i: number) => ({ x: name + i * chart, width: chart - 14 - valueWidth });
  return {
    width,
    rowHeight,
    size,
    valueWidth,
    valueRows,
    columns: {
      class: { x: 0, width: name - 10 },
      precision: column(0),
      recall: column(1),
      f1: column(2),
      support: { x: name + 3 * chart, width: width - name - 3 * chart },
    },
  };
}

/** Makes room for the numbers of all series, else for those of one and the range of all, else for none. */
function fitValues(
  room: number,
  rowHeight: number,
  seriesCount: number,
  size: number,
  isDifference: boolean,
): Pick<PerformanceLayout, "valueWidth" | "valueRows"> {
  const valueRows = Math.min(seriesCount, Math.floor((rowHeight - 1) / size));
  const sign = isDifference ? SIGN_WIDTH : 0;
  const each = (seriesCount > 1 ? MARKED_WIDTH : VALUE_WIDTH) + sign + 4 * (size - 12);
  const all = valueRows ? each * Math.ceil(seriesCount / valueRows) : Infinity;
  if (all <= room) return { valueWidth: all, valueRows };
  return { valueWidth: RANGE_WIDTH <= room ? RANGE_WIDTH : 0, valueRows: 0 };
}

/** Size of the type of names: larger in higher rows. */
export function nameSize(rowHeight: number, width: number): number {
  return rowHeight >= 34 ? textSize(width) + 1 : textSize(width);
}

/** The row and the column under a position; null outside. */
export function performanceAt(
  { columns, rowHeight }: PerformanceLayout,
  scene: PerformanceScene,
  x: number,
  y: number,
): { row: number; column: PerformanceColumn } | null {
  const row = Math.floor(y / rowHeight);
  if (row < 0 || row >= scene.rows.length) return null;
  const names = Object.keys(columns) as PerformanceColumn[];
  const column = names.findLast((name) => x >= columns[name].x - 7);
  return column ? { row, column } : null;
}
