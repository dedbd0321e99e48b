/** Turns a session into what charts draw, for the screen and for exported figures. */

import { aggregate } from "../compute/classes/aggregate";
import { Lines, type Target } from "../compute/series/lines";
import { matchClasses } from "../compute/classes/classes";
import { formatCount } from "../compute/text/format";
import { classesOf, isGroup } from "../compute/classes/tree";
import { valueAt } from "../compute/series/plotted";
import { faded } from "../compute/scale/ramp";
import { Strips } from "../compute/series/strips";
import type { DetailScene } from "../plots/detail/scene";
import type { MatrixScene } from "../plots/matrix/scene";
import type { MatrixSpot } from "../plots/matrix/layout";
import type { PassedSpot } from "../plots/matrix/overlay";
import type { PerformanceScene } from "../plots/performance/scene";
import type { Theme } from "../plots/theme";
import { keyOf, type ShownSeries } from "./series/series";
import type { Session } from "./session.svelte";
import type { Selection } from "./view";

/** The heat strips of the session's series at a width in pixels. */
export function stripsOf(session: Session, pixels: number): Strips {
  return new Strips(session.series, session.range, session.stride, pixels, session.view.values);
}

/** Series as charts draw them: if the pointer is on the chip of one, the others are faded. */
export function lit<T extends ShownSeries>(session: Session, series: readonly T[]): readonly T[] {
  const { pointedSeries: pointed, aligned } = session;
  if (pointed === null || !aligned.some(({ key }) => key === pointed)) return series;
  return series.map((one) => (one.key === pointed ? one : { ...one, color: faded(one.color) }));
}

/** Whether the pointer is on the chip of another series, which is not of the same fold. */
export function isFaded(session: Session, key: string | undefined): boolean {
  const { pointedSeries: pointed, comparison } = session;
  const fold = comparison.folds.find(({ members: [first] }) => keyOf(first) === pointed);
  return fold !== undefined && !fold.members.some((member) => keyOf(member) === key);
}

export function matrixScene(session: Session, strips: Strips, theme: Theme): MatrixScene {
  const { direction, values, diagonal } = session.view;
  const { mode } = session;
  return {
    classes: session.classes,
    labels: session.labels,
    isGroup: session.isGroup,
    brackets: session.groups.brackets,
    series: lit(session, session.series),
    baseline: session.baseline,
    accuracies: lit(session, session.aligned),
    strips,
    range: session.range,
    stride: session.stride,
    epoch: mode === "numbers" ? session.playhead : 0,
    mode,
    direction,
    values,
    diagonal,
    cells: session.scales.cells,
    margins: session.scales.margins,
    scaleRange: session.scales.range,
    hasWildStart: session.scales.hasWildStart,
    numbersOf: session.numbersIndex,
    theme,
    axis: session.axis,
    marks: session.findings.marks,
  };
}

/**
 * The series of the detail chart. It has all classes and groups, so that a selection stays when it is hidden or
 * its groups are closed.
 */
export function detailSeries(
  session: Session,
): Pick<DetailScene, "target" | "classes" | "baseline"> & { series: readonly ShownSeries[] } {
  const named = namesOf(session.selection);
  const grouped = named.some((name) => session.groups.nodes.get(name)?.members.length);
  const classes = grouped ? named : session.allClasses;
  const rows = grouped
    ? named.map((name) => ({ name, classes: classesOf(session.groups.nodes.get(name)!) }))
    : [];
  const leaves = session.leaves.map((s) => {
    const lines = grouped ? new Lines(aggregate(s.lines.data, rows)) : s.lines;
    return { ...s, lines, classIndex: matchClasses(classes, lines.data.classes).index };
  });
  const { comparison } = session;
  const folded = comparison.fold(leaves);
  // Support belongs to the data, not to the model: no baseline is subtracted.
  const baseline = session.selection.kind === "support" ? null : comparison.baselineOf(folded);
  return {
    target: targetOf(classes, session.selection),
    classes,
    series: baseline ? comparison.compare(folded) : folded,
    baseline,
  };
}

/** @param series of detailSeries, which no brush changes */
export function detailScene(
  session: Session,
  series: ReturnType<typeof detailSeries>,
  theme: Theme,
): DetailScene {
  return {
    ...series,
    series: lit(session, series.series),
    values: session.view.values,
    range: session.range,
    axis: session.axis,
    theme,
    chosenRange: session.chosenRange,
    smooth: session.view.smooth,
  };
}

/**
 * Classes and closed groups as class performance names them: a group with the number of its classes.
 *
 * @param within how many classes of each closed group match a search; 0 for none
 */
export function performanceLabels(
  { classes, groups: { rows } }: Session,
  within: readonly number[] = [],
): string[] {
  return classes.map((name, index) => {
    const row = rows?.[index];
    if (!row || !isGroup(row)) return name;
    return `${name} (${within[index] ? `${formatCount(within[index])} of ` : ""}${formatCount(row.size)})`;
  });
}

/** @param rows as `sortedRows` returns them */
export function performanceScene(
  session: Session,
  rows: readonly number[],
  theme: Theme,
): PerformanceScene {
  const { classes, series, aligned, baseline, range } = session;
  return {
    classes,
    labels: performanceLabels(session),
    rows,
    series: lit(session, series),
    aligned: lit(session, aligned),
    baseline,
    range,
    scale: session.scales.performance,
    numbersOf: session.numbersIndex,
    theme,
  };
}

/**
 * The classes' indices, sorted as asked by the values at the playhead of the first series that has
 * any, undefined ones last. No baseline is subtracted from support.
 */
export function sortedRows({
  classes,
  series,
  aligned,
  playhead,
  view: { sort },
}: Session): number[] {
  const rows = classes.map((_, index) => index);
  const { column, descending } = sort;
  if (column === "class") return descending ? rows.reverse() : rows;
  const value = (index: number): number => {
    for (const s of column === "support" ? aligned : series) {
      const found = valueAt(s, { kind: column, class: index }, "rate", playhead);
      if (!Number.isNaN(found)) return found;
    }
    return NaN;
  };
  const values = rows.map(value);
  return rows.sort((a, b) => {
    if (Number.isNaN(values[a])) return Number.isNaN(values[b]) ? a - b : 1;
    if (Number.isNaN(values[b])) return -1;
    return (descending ? values[b] - values[a] : values[a] - values[b]) || a - b;
  });
}

/** Names of the classes or groups that a selection is of, each once. */
export function namesOf(selection: Selection): string[] {
  if (selection.kind === "accuracy") return [];
  return selection.kind === "cell"
    ? [...new Set([selection.actual, selection.predicted])]
    : [selection.class];
}

/** A selection by name as a target by index; -1 for a class that is not among `classes`. */
export function targetOf(classes: readonly string[], selection: Selection): Target {
  const index = (name: string) => classes.indexOf(name);
  if (selection.kind === "accuracy") return selection;
  if (selection.kind === "cell")
    return { kind: "cell", actual: index(selection.actual), predicted: index(selection.predicted) };
  return { kind: selection.kind, class: index(selection.class) };
}

/** A target by index as a selection by name. */
export function selectionOf(classes: readonly string[], target: Target): Selection {
  if (target.kind === "accuracy") return target;
  if (target.kind === "cell")
    return { kind: "cell", actual: classes[target.actual], predicted: classes[target.predicted] };
  return { kind: target.kind, class: classes[target.class] };
}

/** The shown cells that chosen instances pass through; a cell of a closed group stands for all in it. */
export function passedSpots({ instances, features, groups }: Session): PassedSpot[] {
  const names = instances.series?.lines.data.classes ?? [];
  const spots = new Map<string, PassedSpot>();
  for (const { actual, predicted, stays } of [
    ...instances.chosen.passed,
    ...features.lasso.passed,
  ]) {
    const [row, column] = [groups.rowOf(names[actual]), groups.rowOf(names[predicted])];
    if (row < 0 || column < 0) continue;
    const spot = { kind: "cell" as const, actual: row, predicted: column };
    const known = spots.get(`${row} ${column}`);
    spots.set(`${row} ${column}`, { spot, stays: [...(known?.stays ?? []), ...stays] });
  }
  return [...spots.values()];
}

/** The matrix's spot of a selection, or null if it is elsewhere or hidden. */
export function spotOf(classes: readonly string[], selection: Selection): MatrixSpot | null {
  const target = targetOf(classes, selection);
  if (target.kind === "cell") return target.actual >= 0 && target.predicted >= 0 ? target : null;
  if (target.kind === "fn" || target.kind === "fp")
    return target.class >= 0 ? { kind: target.kind, class: target.class } : null;
  return null;
}
