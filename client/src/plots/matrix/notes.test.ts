import { describe, expect, it } from "vitest";

import type { Plotted } from "../../compute/series/plotted";
import { plottedOf } from "../../testing/plotted";
import { legendText, legendTitle, readingNotes } from "./notes";
import { markKey, type Mark, type MatrixScene } from "./scene";

const ONE = [
  [
    [1, 1],
    [0, 2],
  ],
];
const seriesOf = (label: string): Plotted => plottedOf(label, ["a", "b"], [0], ONE);
const [train, test] = [seriesOf("train"), seriesOf("test")];

function sceneOf(parts: Partial<MatrixScene>): MatrixScene {
  return {
    series: [train, test],
    baseline: null,
    isGroup: [],
    range: [0, 9],
    scaleRange: [0, 9],
    stride: 1,
    epoch: 4,
    numbersOf: 0,
    mode: "heat",
    direction: "across",
    values: "rate",
    diagonal: "names",
    cells: { max: 0.5, gamma: 1 },
    strips: { width: 100 },
    axis: { unit: "epoch", isShare: false },
    ...parts,
  } as MatrixScene;
}

const notesOf = (parts: Partial<MatrixScene>, cell = 60, hasMargins = true) =>
  readingNotes({ cell, hasMargins }, sceneOf(parts)).map(([whole]) => whole);

describe("the legend's title", () => {
  it("says of what values are shares, and when", () => {
    expect(legendTitle(sceneOf({}))).toBe("share of the actual class, per epoch");
    expect(legendTitle(sceneOf({ values: "all" }))).toBe("share of all instances, per epoch");
    expect(legendTitle(sceneOf({ values: "count", mode: "numbers" }))).toBe("instances, epoch 4");
  });

  it("names the baseline, and leaves the rest out where it is short", () => {
    const scene = sceneOf({ baseline: train });
    expect(legendTitle(scene)).toBe("difference from train (points of the actual class)");
    expect(legendTitle(scene, true)).toBe("difference from train (points)");
  });
});

describe("notes on how to read a cell", () => {
  it("name the series in the order of the bands, and say which way time runs", () => {
    expect(notesOf({})).toEqual([
      "bands from top: train, test",
      "epochs 0 → 9 from left to right",
      "FP: share of the predictions",
    ]);
    expect(notesOf({ direction: "down" }).slice(0, 2)).toEqual([
      "bands from left: train, test",
      "epochs 0 → 9 from top to bottom",
    ]);
  });

  it("begin with the epochs that a scale without wild ones is made from", () => {
    const wild = { hasWildStart: true, scaleRange: [3, 9] as [number, number] };
    expect(notesOf(wild)[0]).toBe("scale fits epochs 3–9; earlier values are larger");
    expect(notesOf({ ...wild, scaleRange: [0, 9] })[0]).toBe("scale fits all epochs");
  });

  it("say how many series have no room", () => {
    const many = Array.from({ length: 9 }, (_, at) => seriesOf(`s${at}`));
    expect(notesOf({ series: many }, 6)).toContain("only the first 5 of 9 series fit");
    expect(notesOf({ series: many }, 60).join()).not.toContain("fit");
  });

  it("say whose number a small cell has", () => {
    const small = readingNotes(
      { cell: 20, hasMargins: false },
      sceneOf({ mode: "numbers", numbersOf: 1 }),
    );
    expect(small[0].at(-1)).toBe("numbers of test");
    expect(notesOf({ mode: "numbers" })[0]).toBe("from top: train, test");
  });

  it("say what the height of a line is, and whether contrast stretches it", () => {
    expect(notesOf({ mode: "lines" })).toContain("height of a cell: 0 to 50%");
    const cells = { max: 0.5, gamma: 0.5 };
    expect(notesOf({ mode: "lines", cells })).toContain(
      "height of a cell: 0 to 50%, stretched by contrast",
    );
  });

  it("say what is on the diagonal", () => {
    expect(notesOf({ diagonal: "recall" }).at(-1)).toBe(
      "diagonal: recall, 0 to 100% · FP: share of the predictions",
    );
    expect(
      notesOf({ diagonal: "recall", values: "predicted", baseline: train }, 60, false),
    ).toContain("diagonal: precision, ±100 points");
    expect(notesOf({ isGroup: [false, true] })).toContain("▸ on the diagonal: confusion inside");
  });

  it("explain a pixel of several epochs, and the marks of differences", () => {
    expect(notesOf({ range: [0, 999] })).toContain("pixel: mean of epochs, tick: peak");
    const marks = new Map([[markKey(0, 1), "different" as const]]);
    expect(notesOf({ marks })[1]).toBe("filled corner: more than noise (q ≤ .05)");
    expect(notesOf({ marks: new Map() })[1]).toMatch(/^epochs/);
  });

  it("say which of the cells without a clear difference are marked: the rarer ones", () => {
    const marksOf = (...kinds: Mark[]) =>
      new Map(kinds.map((kind, at) => [markKey(0, at + 1), kind]));
    const few = notesOf({ marks: marksOf("different", "untold", "same", "same") })[1];
    expect(few).toBe(
      "filled corner: more than noise (q ≤ .05) · ring: too few instances to detect 5 points · " +
        "no mark: differs by less than 5 points",
    );
    const many = notesOf({ marks: marksOf("untold", "untold", "same") })[1];
    expect(many).toBe(
      "dot: differs by less than 5 points · no mark: too few instances to detect 5 points",
    );
    const none = notesOf({ marks: marksOf("untold") })[1];
    expect(none).toBe("no mark: too few instances to detect 5 points");
  });

  it("are all in the text that the legend has as its title", () => {
    expect(legendText({ cell: 60, hasMargins: false }, sceneOf({ values: "count" }))).toBe(
      "instances, per epoch\nbands from top: train, test\nepochs 0 → 9 from left to right",
    );
  });
});
