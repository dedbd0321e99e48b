import { expect, it } from "vitest";

import type { RunSummary } from "../../source/source";
import { findSeries, listSeries, sortFound, tellingKeys, type FoundColumn } from "./seriesSearch";

function runOf(
  name: string,
  config: Record<string, unknown>,
  epochs: number,
  accuracy: number | null,
): RunSummary {
  const split = { id: "s", name: "test", epoch_count: epochs, last_accuracy: accuracy };
  return {
    id: name,
    name,
    attempt: null,
    state: "finished",
    config,
    splits: [split],
  } as unknown as RunSummary;
}

const ALL = listSeries([
  runOf("run 2", { lr: 0.1, layers: 9 }, 5, 0.5),
  runOf("run 10", { lr: 0.15, layers: "many" }, 20, null),
  runOf("Run 1", { lr: 0.1, layers: 10 }, 3, 0.9),
]);
const names = (found: { run: RunSummary }[]) => found.map(({ run }) => run.name);

it("a whole config entry is found by itself, a part of one wherever it is", () => {
  expect(names(findSeries(ALL, "lr=0.1"))).toEqual(["Run 1", "run 2"]);
  expect(names(findSeries(ALL, "lr=0."))).toEqual(["Run 1", "run 10", "run 2"]);
  expect(names(findSeries(ALL, "lr=0.1 layers=9"))).toEqual(["run 2"]);
  expect(names(findSeries(ALL, "TEST lr=0.15"))).toEqual(["run 10"]);
  expect(findSeries(ALL, "lr=0.2")).toEqual([]);
});

it("a number is found however it is written, in the query and in the log", () => {
  const logged = [
    runOf("two", { LR: 0.01 }, 1, 1),
    runOf("four", { lr: 0.0001 }, 1, 1),
    runOf("text", { lr: "1e-2" }, 1, 1),
    runOf("none", { decay: 0.01, name: "lr=0.012" }, 1, 1),
  ];
  const found = (query: string) => names(findSeries(listSeries(logged), query)).sort();
  for (const query of ["lr=1e-2", "lr=0.01", "lr=1E-02", "LR=.010"])
    expect(found(query)).toEqual(["text", "two"]);
  expect(found("lr=1e-4")).toEqual(["four"]);
  expect(found("lr=0.")).toEqual(["four", "none", "two"]);
  expect(found("lr=1e-3")).toEqual([]);
});

it("series are sorted by any column, numbers by value, and what has none comes last", () => {
  const sorted = (column: FoundColumn, descending: boolean) =>
    names(sortFound(ALL, column, descending));
  expect(sorted("run", false)).toEqual(["Run 1", "run 2", "run 10"]);
  expect(sorted("epochs", true)).toEqual(["run 10", "run 2", "Run 1"]);
  expect(sorted("accuracy", true)).toEqual(["Run 1", "run 2", "run 10"]);
  expect(sorted("accuracy", false)).toEqual(["run 2", "Run 1", "run 10"]);
  expect(sorted({ config: "layers" }, false)).toEqual(["run 2", "Run 1", "run 10"]);
  expect(sorted({ config: "none" }, true)).toEqual(names(ALL));
});

it("keys that tell runs apart are those whose values differ, not those whose own keys stand in another order", () => {
  const runs = [
    runOf("a", { opt: { a: 1, b: 2 }, lr: 1 }, 1, 1),
    runOf("b", { opt: { b: 2, a: 1 }, lr: "1" }, 1, 1),
  ];
  expect(tellingKeys(runs)).toEqual(["lr"]);
});

it("twenty thousand series are found and sorted", () => {
  const many = Array.from({ length: 20_000 }, (_, i) =>
    runOf(`run ${i}`, { lr: (i * 7919) % 20_000 }, i % 7, i / 20_000),
  );
  const found = sortFound(findSeries(listSeries(many), "test"), { config: "lr" }, false);
  expect(found.map(({ run }) => run.config.lr)).toEqual(
    Array.from({ length: 20_000 }, (_, i) => i),
  );
});

it("a query looks in the run, the split, the state and the config alone", () => {
  const logged = listSeries([
    { ...runOf("wide", { seed: 0 }, 1, 1), state: "running" },
    { ...runOf("wide-drop", { seed: 1, note: "split=val" }, 1, 1), state: "stopped" },
    runOf("test", { seed: 2 }, 1, 1),
    runOf("my run", { seed: 3, note: "broken" }, 1, 1),
  ] as RunSummary[]);
  const found = (query: string) => names(findSeries(logged, query)).reverse();
  const all = ["wide", "wide-drop", "test", "my run"];
  expect(found("split=test")).toEqual(all);
  expect(found("split=te")).toEqual(all);
  expect(found("run=test")).toEqual(["test"]);
  expect(found("run=wide")).toEqual(["wide"]);
  expect(found("run=wid")).toEqual(["wide", "wide-drop"]);
  expect(found('run="my run"')).toEqual(["my run"]);
  expect(found("state=running")).toEqual(["wide"]);
  expect(found("seed=0 seed=1")).toEqual(["wide", "wide-drop"]);
  expect(found("seed=0 seed=1 state=stopped")).toEqual(["wide-drop"]);
  expect(found("-broken")).toEqual(["wide", "wide-drop", "test"]);
  expect(found("-seed=2 -run=wide")).toEqual(["wide-drop", "my run"]);
  expect(found("split=val")).toEqual(["wide-drop"]);
  expect(found("split=none")).toEqual([]);
  expect(found("-")).toEqual(["wide-drop"]);
});

it("earlier attempts are found only where they are asked for", () => {
  const logged = listSeries([
    { ...runOf("run", {}, 1, 1), id: "run~0", attempt: 0 },
    runOf("run", {}, 1, 1),
  ] as RunSummary[]);
  expect(findSeries(logged, "run")).toHaveLength(1);
  expect(findSeries(logged, "attempt").map(({ run }) => run.attempt)).toEqual([0]);
  expect(findSeries(logged, "run -attempt").map(({ run }) => run.attempt)).toEqual([null]);
});
