import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import type { RunSummary } from "../../source/source";
import { splitsByKey } from "./series";
import { colorApart, colorFolds, differingKeys, foldChosen, usualKeys } from "./folds";
import type { ChosenSeries } from "../view";

function runOf(id: string, config: Record<string, unknown>): RunSummary {
  const splits = ["test", "new"].map((name) => ({ id: name, name }));
  return { id, name: "run", config, splits, attempt: null } as unknown as RunSummary;
}

const RUNS = [0.1, 0.2].flatMap((lr) =>
  [0, 1, 2].map((seed) => runOf(`${lr}-${seed}`, { lr, seed, optimizer: "sgd" })),
);
const SPLITS = splitsByKey(RUNS);
const chosenOf = (splitId = "test", ...runs: RunSummary[]): ChosenSeries[] =>
  (runs.length ? runs : RUNS).map(({ id }, color) => ({ runId: id, splitId, color }));

it("runs are folded whose configs are alike but for the chosen keys, in the order of the first", () => {
  const folds = foldChosen(chosenOf(), ["seed"], SPLITS);
  expect(folds.map(({ label, members }) => [label, members.map(({ runId }) => runId)])).toEqual([
    ["lr=0.1", ["0.1-0", "0.1-1", "0.1-2"]],
    ["lr=0.2", ["0.2-0", "0.2-1", "0.2-2"]],
  ]);
  expect(
    foldChosen(chosenOf(), ["seed", "lr"], SPLITS).map(({ label, members }) => [
      label,
      members.length,
    ]),
  ).toEqual([["test", 6]]);
  expect(foldChosen(chosenOf(), null, SPLITS)).toHaveLength(6);
});

it("runs whose configs say the same are alike as in Python, in whatever order their nested keys stand", () => {
  interface Golden {
    over: string[];
    configs: Record<string, unknown>[];
    groups: number[][];
  }
  const file = new URL("../../../../tests/golden/folds.json", import.meta.url);
  const { over, configs, groups } = (JSON.parse(readFileSync(file, "utf8")) as { alike: Golden })
    .alike;
  const runs = configs.map((config, at) => runOf(String(at), config));
  const folds = foldChosen(chosenOf("test", ...runs), over, splitsByKey(runs));
  expect(folds.map(({ members }) => members.map(({ runId }) => Number(runId)))).toEqual(groups);
});

it("keys that differ only in the order of what is nested are no difference, and a text is no number", () => {
  const runs = [
    runOf("x", { opt: { a: 1, b: 2 }, lr: 1 }),
    runOf("y", { opt: { b: 2, a: 1 }, lr: "1" }),
  ];
  expect(differingKeys(chosenOf("test", ...runs), splitsByKey(runs))).toEqual([
    { key: "lr", values: 2 },
  ]);
});

it("splits are never folded into each other, and named where there are several", () => {
  const both = [...chosenOf("test"), ...chosenOf("new")];
  expect(foldChosen(both, ["seed"], SPLITS).map(({ label }) => label)).toEqual([
    "lr=0.1 · test",
    "lr=0.2 · test",
    "lr=0.1 · new",
    "lr=0.2 · new",
  ]);
});

it("a run that lacks a key that others have stands apart, and one that is not here does too", () => {
  const other = runOf("x", { seed: 0, optimizer: "sgd" });
  const chosen = [
    ...chosenOf("test", RUNS[0], other, RUNS[1]),
    { runId: "gone", splitId: "test", color: 9 },
  ];
  const folds = foldChosen(chosen, ["seed"], splitsByKey([...RUNS, other]));
  expect(folds.map(({ members }) => members.map(({ runId }) => runId))).toEqual([
    ["0.1-0", "0.1-1"],
    ["x"],
    ["gone"],
  ]);
});

it("keys that differ are listed, and seeds and folds are the usual ones", () => {
  expect(differingKeys(chosenOf(), SPLITS)).toEqual([
    { key: "lr", values: 2 },
    { key: "seed", values: 3 },
  ]);
  const named = [
    "seed",
    "random_state",
    "fold",
    "cv_fold",
    "data.seed",
    "seed_id",
    "lr",
    "seeded_layers",
    "unfold",
    "folder",
    "state_dim",
  ];
  expect(usualKeys(named.map((key) => ({ key, values: 2 })))).toEqual([
    "seed",
    "random_state",
    "fold",
    "cv_fold",
    "data.seed",
    "seed_id",
  ]);
});

it("folds take the first hues and keep them when runs come and go", () => {
  const folded = colorFolds(foldChosen(chosenOf(), ["seed"], SPLITS), true);
  expect(folded.map(({ color }) => color)).toEqual([0, 0, 0, 1, 1, 1]);
  const fewer = colorFolds(foldChosen(folded.slice(3), ["seed"], SPLITS), false);
  expect(fewer.map(({ color }) => color)).toEqual([1, 1, 1]);
  const back = colorFolds(
    foldChosen(
      [...fewer, { runId: "0.2-0", splitId: "new", color: 0 }, { ...folded[0], color: 5 }],
      ["seed"],
      SPLITS,
    ),
    false,
  );
  expect(back.map(({ color }) => color)).toEqual([1, 1, 1, 0, 5]);
});

it("unfolded, each run has a colour of its own again, the first of a fold the fold's", () => {
  const folded = colorFolds(foldChosen(chosenOf(), ["seed"], SPLITS), true);
  expect(colorApart(folded).map(({ color }) => color)).toEqual([0, 2, 3, 1, 4, 5]);
});

it("an older attempt of a run is not one more seed", () => {
  const older = { ...runOf("0.1-0~0", RUNS[0].config), attempt: 0 };
  const runs = [older, ...RUNS.slice(0, 3)];
  const folds = foldChosen(chosenOf("test", ...runs), ["seed"], splitsByKey(runs));
  expect(folds.map(({ members }) => members.map(({ runId }) => runId))).toEqual([
    ["0.1-0~0"],
    ["0.1-0", "0.1-1", "0.1-2"],
  ]);
});

it("a fold of runs of different names says so", () => {
  const runs = ["a", "b", "c"].map((name, at) => ({ ...RUNS[at], name }));
  const [fold] = foldChosen(chosenOf("test", ...runs), ["seed"], splitsByKey(runs));
  expect(fold.label).toBe("test · a, b and 1 more");
});
