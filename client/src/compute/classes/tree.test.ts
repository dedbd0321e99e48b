import { describe, expect, it } from "vitest";

import type { SeriesData } from "../series/data";
import { aggregate } from "./aggregate";
import { matchClasses } from "./classes";
import { Lines } from "../series/lines";
import { rankCells } from "../ranking/ranking";
import { Strips } from "../series/strips";
import {
  bracketsOf,
  buildTree,
  classesOf,
  cutOf,
  isGroup,
  levelsOf,
  nodesOf,
  openedTo,
  openedToFit,
  pathTo,
  type ClassTree,
} from "./tree";

const LIVING: ClassTree = {
  classes: ["cat", "dog", "fox", "elk", "oak", "ivy"],
  groups: ["animal", "pet", "wild", "plant"],
  parents: [1, 1, 2, 2, 3, 3, -1, 0, 0, -1],
};

/** Numbers from 0 to 1 in an order that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomTree(random: () => number): ClassTree {
  const [n, groups] = [1 + Math.floor(random() * 12), Math.floor(random() * 7)];
  const below = (most: number) => Math.floor(random() * (most + 1)) - 1;
  return {
    classes: Array.from({ length: n }, (_, i) => `c${i}`),
    groups: Array.from({ length: groups }, (_, i) => `g${i}`),
    parents: [
      ...Array.from({ length: n }, () => below(groups)),
      ...Array.from({ length: groups }, (_, g) => below(g)),
    ],
  };
}

function expectClose(value: number, expected: number): void {
  if (Number.isNaN(expected)) expect(value).toBeNaN();
  else expect(value).toBeCloseTo(expected, 12);
}

/** A series from its cube, by epoch, actual and predicted class. */
function seriesOf(classes: string[], cube: number[][][]): SeriesData {
  const indices = classes.map((_, i) => i);
  const cells = indices
    .flatMap((a) => indices.map((p) => [a, p]))
    .filter(([a, p]) => cube.some((m) => m[a][p]));
  const sums = (of: (matrix: number[][], index: number) => number) =>
    Uint32Array.from(indices.flatMap((index) => cube.map((matrix) => of(matrix, index))));
  const row = (m: number[][], i: number) => m[i].reduce((sum, count) => sum + count, 0);
  return {
    classes,
    epochs: Uint32Array.from(cube, (_, epoch) => epoch),
    cellActual: Uint16Array.from(cells, ([a]) => a),
    cellPredicted: Uint16Array.from(cells, ([, p]) => p),
    counts: Uint8Array.from(cells.flatMap(([a, p]) => cube.map((m) => m[a][p]))),
    support: sums(row),
    predictedTotal: sums((m, i) => m.reduce((sum, one) => sum + one[i], 0)),
    total: new Uint32Array(cube.length),
  } as unknown as SeriesData;
}

describe("a tree of classes", () => {
  it("has each shown class once, in order, and no group of one", () => {
    for (let seed = 0; seed < 80; seed++) {
      const random = randomOf(seed);
      const tree = randomTree(random);
      const shown = tree.classes.filter(() => random() < 0.8).concat("unknown");
      const top = buildTree(tree, shown);
      expect(classesOf(top).sort()).toEqual([...shown].sort());
      for (const node of nodesOf(top)) {
        expect(node.members.length).not.toBe(1);
        expect(node.parent!.members).toContain(node);
        expect(node.size).toBe(classesOf(node).length);
        expect(pathTo(node)).toHaveLength(node.depth);
        const first = node.members.map((member) => shown.indexOf(classesOf(member)[0]));
        expect(first).toEqual([...first].sort((a, b) => a - b));
      }
    }
  });

  it("is cut where groups are closed, and bracketed where they are open", () => {
    const top = buildTree(LIVING, LIVING.classes);
    const names = (...opened: string[]) => cutOf(top, new Set(opened)).map(({ name }) => name);
    expect(names()).toEqual(["animal", "plant"]);
    expect(names("animal", "wild")).toEqual(["pet", "fox", "elk", "plant"]);
    expect(names("wild")).toEqual(["animal", "plant"]);
    const brackets = bracketsOf(top, cutOf(top, new Set(["animal", "wild"])));
    expect(brackets.map(({ node, from, to, level }) => [node.name, from, to, level])).toEqual([
      ["animal", 0, 3, 0],
      ["wild", 1, 3, 1],
    ]);
    expect(levelsOf(top)).toBe(2);
    expect(openedTo(top, 1)).toEqual(["animal", "plant"]);
    const [animal] = top.members;
    expect([levelsOf(animal), openedTo(animal, 1)]).toEqual([1, ["pet", "wild"]]);
    expect(bracketsOf(animal, cutOf(animal, new Set(["pet"]))).map(({ level }) => level)).toEqual([
      0,
    ]);
  });

  it("opens the groups of most classes first, as far as they fit", () => {
    const top = buildTree(LIVING, LIVING.classes);
    expect(openedToFit(top, 2)).toEqual([]);
    expect(openedToFit(top, 3)).toEqual(["animal"]);
    expect(openedToFit(top, 4)).toEqual(["animal", "plant"]);
    expect(openedToFit(top, 100)).toHaveLength(4);
  });

  it("is built of a thousand classes in chains of groups", () => {
    const n = 1000;
    const tree = {
      classes: Array.from({ length: n }, (_, i) => `c${i}`),
      groups: Array.from({ length: n - 1 }, (_, i) => `g${i}`),
      parents: [
        ...Array.from({ length: n }, (_, i) => Math.min(i, n - 2)),
        ...Array.from({ length: n - 1 }, (_, g) => g - 1),
      ],
    };
    const top = buildTree(tree, tree.classes);
    expect(classesOf(top)).toEqual(tree.classes);
    // What all classes are in is the only member of the top, which is left out.
    expect(levelsOf(top)).toBe(n - 2);
  });
});

describe("counts of groups", () => {
  it("are sums over the classes of any cut of any tree", () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = randomOf(1000 + seed);
      const tree = randomTree(random);
      const cube = Array.from({ length: 3 }, () =>
        tree.classes.map(() => tree.classes.map(() => Math.floor(random() ** 3 * 9))),
      );
      const shown = tree.classes.filter(() => random() < 0.9);
      const top = buildTree(tree, shown);
      const rows = cutOf(top, new Set(tree.groups.filter(() => random() < 0.5)));
      const members = rows.map((row) => ({ name: row.name, classes: classesOf(row) }));
      const lines = new Lines(aggregate(seriesOf(tree.classes, cube), members));
      const own = members.map(({ classes }) => classes.map((name) => tree.classes.indexOf(name)));
      const all = tree.classes.map((_, i) => i);
      cube.forEach((matrix, epoch) => {
        const sum = (from: number[], to: number[], keep = (_a: number, _p: number) => true) =>
          from.reduce((s, a) => s + to.reduce((t, p) => t + (keep(a, p) ? matrix[a][p] : 0), 0), 0);
        own.forEach((mine, row) => {
          const [support, predicted, right] = [sum(mine, all), sum(all, mine), sum(mine, mine)];
          const inside = sum(mine, mine, (a, p) => a !== p);
          const of = (
            kind: "inside" | "fn" | "fp" | "precision" | "recall" | "f1" | "support",
            values: "rate" | "count",
          ) => lines.of({ kind, class: row }, values)[epoch];
          expect(of("support", "count")).toBe(support);
          expect(of("inside", "count")).toBe(inside);
          expectClose(of("inside", "rate"), support ? inside / support : NaN);
          expect(of("fn", "count")).toBe(support - right);
          expect(of("fp", "count")).toBe(predicted - right);
          expectClose(of("fp", "rate"), predicted ? (predicted - right) / predicted : NaN);
          expectClose(of("recall", "rate"), support ? right / support : NaN);
          expectClose(of("precision", "rate"), predicted ? right / predicted : NaN);
          expectClose(
            of("f1", "rate"),
            support + predicted ? (2 * right) / (support + predicted) : NaN,
          );
          own.forEach((theirs, column) => {
            const cell = { kind: "cell", actual: row, predicted: column } as const;
            expect(lines.of(cell, "count")[epoch]).toBe(sum(mine, theirs));
            expectClose(lines.of(cell, "rate")[epoch], support ? sum(mine, theirs) / support : NaN);
          });
        });
      });
    }
  });

  it("are of the classes that a series has, and no row where it has none", () => {
    const data = seriesOf(
      ["dog", "cat"],
      [
        [
          [3, 2],
          [1, 4],
        ],
      ],
    );
    const rows = [
      { name: "animal", classes: ["cat", "dog", "fox"] },
      { name: "plant", classes: ["oak", "ivy"] },
    ];
    const grouped = aggregate(data, rows);
    expect([grouped.classes, [...grouped.counts], [...grouped.inside!]]).toEqual([
      ["animal"],
      [10],
      [3],
    ]);
  });

  it("show a spike of one epoch in one of a million cells, in the closed group that holds it and when it is open", () => {
    const n = 1000;
    const classes = Array.from({ length: n }, (_, i) => `c${i}`);
    const epochs = 40;
    const [from, to, spike] = [617, 618, 23];
    const counts = new Uint8Array(n * epochs).fill(1);
    counts[from * epochs + spike] = 40;
    const data = {
      classes,
      epochs: Uint32Array.from({ length: epochs }, (_, i) => i),
      cellActual: Uint16Array.from({ length: n }, (_, i) => i),
      cellPredicted: Uint16Array.from({ length: n }, (_, i) => (i + 1) % n),
      counts,
      support: new Uint32Array(n * epochs).fill(50),
      predictedTotal: new Uint32Array(n * epochs).fill(50),
      total: new Uint32Array(epochs),
    } as unknown as SeriesData;
    const parents = [
      ...Array.from({ length: n }, (_, i) => 10 + Math.floor(i / 10)),
      ...Array(10).fill(-1),
      ...Array.from({ length: 100 }, (_, i) => Math.floor(i / 10)),
    ] as number[];
    const groups = [
      ...Array.from({ length: 10 }, (_, i) => `hundred ${i}`),
      ...Array.from({ length: 100 }, (_, i) => `ten ${i}`),
    ];
    const top = buildTree({ classes, groups, parents }, classes);
    const plotted = (lines: Lines, shown: string[]) => ({
      label: "",
      color: 0,
      lines,
      epochs: data.epochs,
      stride: 1,
      classIndex: matchClasses(shown, lines.data.classes).index,
    });
    const [found] = rankCells(
      [plotted(new Lines(data), classes)],
      "peak",
      [0, epochs - 1],
      0,
      "rate",
    );
    expect([found.actual, found.predicted, found.of[0].at]).toEqual([from, to, spike]);
    for (const opened of [[], ["hundred 6"], ["hundred 6", "ten 61"]]) {
      const rows = cutOf(top, new Set(opened));
      const names = rows.map(({ name }) => name);
      const at = (name: string) => rows.findIndex((row) => classesOf(row).includes(name));
      const [actual, predicted] = [at(classes[from]), at(classes[to])];
      const lines = new Lines(
        aggregate(
          data,
          rows.map((row) => ({ name: row.name, classes: classesOf(row) })),
        ),
      );
      const target = isGroup(rows[actual])
        ? { kind: "inside" as const, class: actual }
        : { kind: "cell" as const, actual, predicted };
      const line = Array.from(lines.of(target, "count"));
      expect(line.indexOf(Math.max(...line))).toBe(spike);
      // Eight epochs a pixel: a tick marks the spike where the mean would hide it, and else the mean stands out.
      const strip = new Strips([plotted(lines, names)], [0, epochs - 1], 1, epochs / 8, "count").of(
        0,
        target,
      )!;
      const pixel = Math.floor(spike / 8);
      expect(strip.mean.indexOf(Math.max(...strip.mean))).toBe(pixel);
      if (target.kind === "cell") expect(strip.peak![pixel]).toBe(40);
    }
  });
});
