import { describe, expect, it } from "vitest";

import { plottedOf } from "../testing/plotted";
import {
  isFaded,
  lit,
  namesOf,
  passedSpots,
  selectionOf,
  sortedRows,
  spotOf,
  targetOf,
} from "./scenes";
import type { Session } from "./session.svelte";
import type { ShownSeries } from "./series/series";
import type { Selection } from "./view";

const CLASSES = ["a", "b", "c"];

function seriesOf(key: string, matrix: number[][], classes = CLASSES): ShownSeries {
  return { ...plottedOf(key, classes, [0], [matrix], CLASSES), key, runId: key, splitId: "test" };
}

describe("the rows of class performance", () => {
  const uneven = seriesOf("one", [
    [6, 4, 0],
    [0, 20, 0],
    [0, 0, 0],
  ]);
  const rowsOf = (
    column: "class" | "recall" | "support",
    descending: boolean,
    ...series: ShownSeries[]
  ) =>
    sortedRows({
      classes: CLASSES,
      series,
      aligned: series,
      playhead: 0,
      view: { sort: { column, descending } },
    } as unknown as Session);

  it("are in the order of classes, or in reverse", () => {
    expect(rowsOf("class", false, uneven)).toEqual([0, 1, 2]);
    expect(rowsOf("class", true, uneven)).toEqual([2, 1, 0]);
  });

  it("are sorted by the values at the playhead, undefined ones last either way", () => {
    expect(rowsOf("recall", false, uneven)).toEqual([0, 1, 2]);
    expect(rowsOf("recall", true, uneven)).toEqual([1, 0, 2]);
    expect(rowsOf("support", true, uneven)).toEqual([1, 0, 2]);
  });

  it("take the value of the first series that has one", () => {
    const lacking = seriesOf("other", [[5]], ["c"]);
    expect(rowsOf("recall", true, lacking, uneven)).toEqual([1, 2, 0]);
  });
});

describe("a selection by name and a target by index", () => {
  it.each<Selection>([
    { kind: "accuracy" },
    { kind: "cell", actual: "a", predicted: "c" },
    { kind: "fn", class: "b" },
    { kind: "f1", class: "c" },
  ])("are the same thing: %o", (selection) => {
    expect(selectionOf(CLASSES, targetOf(CLASSES, selection))).toEqual(selection);
  });

  it("have a spot of the matrix if they are in it", () => {
    expect(spotOf(CLASSES, { kind: "cell", actual: "a", predicted: "c" })).toEqual({
      kind: "cell",
      actual: 0,
      predicted: 2,
    });
    expect(spotOf(CLASSES, { kind: "fp", class: "b" })).toEqual({ kind: "fp", class: 1 });
    expect(spotOf(CLASSES, { kind: "cell", actual: "a", predicted: "hidden" })).toBeNull();
    expect(spotOf(CLASSES, { kind: "recall", class: "a" })).toBeNull();
  });

  it("name each class once", () => {
    expect(namesOf({ kind: "cell", actual: "a", predicted: "a" })).toEqual(["a"]);
    expect(namesOf({ kind: "accuracy" })).toEqual([]);
  });
});

describe("a series whose chip is under the pointer", () => {
  const [one, other] = ["one", "other"].map((key) =>
    seriesOf(key, [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]),
  );
  const member = (key: string) => ({ runId: key, splitId: "test" });
  const session = {
    pointedSeries: "one/test",
    aligned: [
      { ...one, key: "one/test" },
      { ...other, key: "other/test" },
    ],
    comparison: {
      folds: [{ members: [member("one"), member("twin")] }, { members: [member("other")] }],
    },
  } as unknown as Session;

  it("keeps its colour while the others fade", () => {
    const [first, second] = lit(session, session.aligned);
    expect(first.color).toBe(one.color);
    expect(second.color).not.toBe(other.color);
    expect(lit({ ...session, pointedSeries: null } as Session, session.aligned)).toBe(
      session.aligned,
    );
  });

  it("keeps all runs of its fold", () => {
    expect(["one/test", "twin/test", "other/test"].map((key) => isFaded(session, key))).toEqual([
      false,
      false,
      true,
    ]);
  });
});

it("joins the cells that instances pass through in the cells of closed groups", () => {
  const passed = [
    { actual: 0, predicted: 1, stays: [[0, 1]] },
    { actual: 0, predicted: 2, stays: [[4, 5]] },
    { actual: 1, predicted: 0, stays: [[2, 2]] },
  ];
  const rows = new Map([
    ["a", 0],
    ["b", 1],
    ["c", 1],
  ]);
  const session = {
    instances: { series: { lines: { data: { classes: CLASSES } } }, chosen: { passed } },
    features: { lasso: { passed: [] } },
    groups: { rowOf: (name: string) => rows.get(name) ?? -1 },
  } as unknown as Session;
  expect(passedSpots(session)).toEqual([
    {
      spot: { kind: "cell", actual: 0, predicted: 1 },
      stays: [
        [0, 1],
        [4, 5],
      ],
    },
    { spot: { kind: "cell", actual: 1, predicted: 0 }, stays: [[2, 2]] },
  ]);
  rows.delete("c");
  expect(passedSpots(session)[0].stays).toEqual([[0, 1]]);
});
