import { expect, it } from "vitest";

import type { RunSummary } from "../source/source";
import { findSeries, listSeries, sortFound, type FoundColumn } from "./finding";

function runOf(name: string, config: Record<string, unknown>, epochs: number, accuracy: number | null): RunSummary {
  const split = { id: "s", name: "test", epoch_count: epochs, last_accuracy: accuracy };
  return { id: name, name, attempt: null, state: "finished", config, splits: [split] } as unknown as RunSummary;
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

it("series are sorted by any column, numbers by value, and what has none comes last", () => {
  const sorted = (column: FoundColumn, descending: boolean) => names(sortFound(ALL, column, descending));
  expect(sorted("run", false)).toEqual(["Run 1", "run 2", "run 10"]);
  expect(sorted("epochs", true)).toEqual(["run 10", "run 2", "Run 1"]);
  expect(sorted("accuracy", true)).toEqual(["Run 1", "run 2", "run 10"]);
  expect(sorted("accuracy", false)).toEqual(["run 2", "Run 1", "run 10"]);
  expect(sorted({ config: "layers" }, false)).toEqual(["run 2", "Run 1", "run 10"]);
  expect(sorted({ config: "none" }, true)).toEqual(names(ALL));
});

it("twenty thousand series are found and sorted", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => runOf(`run ${i}`, { lr: (i * 7919) % 20_000 }, i % 7, i / 20_000));
  const found = sortFound(findSeries(listSeries(many), "test"), { config: "lr" }, false);
  expect(found.map(({ run }) => run.config.lr)).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
});
