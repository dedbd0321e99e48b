import { expect, it } from "vitest";

import { runNames } from "./runNames";

const named = (...runs: [id: string, name: string, config: Record<string, unknown>][]) =>
  [...runNames(runs.map(([id, name, config]) => ({ id, name, config }))).values()].join(" | ");

it("runs of different names are told apart by these alone", () => {
  expect(named(["1", "adam", { lr: 1 }], ["2", "sgd", { lr: 2 }])).toBe("adam | sgd");
  expect(named(["1", "adam", { lr: 1 }])).toBe("adam");
});

it("runs of one name are told apart by what differs in their configs, and by nothing else", () => {
  expect(
    named(
      ["1", "wide", { lr: 0.1, seed: 0 }],
      ["2", "wide", { lr: 0.1, seed: 1 }],
      ["3", "deep", { lr: 0.2, seed: 0 }],
    ),
  ).toBe("wide · seed 0 | wide · seed 1 | deep");
});

it("a name that all have is left out where configs tell them apart", () => {
  expect(named(["1", "mlp", { seed: 0 }], ["2", "mlp", { seed: 1 }])).toBe("seed 0 | seed 1");
  expect(named(["1", "mlp", {}], ["2", "mlp", { drop: true }])).toBe("mlp | drop true");
});

it("runs that are alike are told apart by their ids", () => {
  expect(named(["run-aaaa", "mlp", { seed: 0 }], ["run-bbbb", "mlp", { seed: 0 }])).toBe(
    "mlp · aaaa | mlp · bbbb",
  );
  expect(
    named(
      ["run-aaaa", "mlp", { seed: 0 }],
      ["run-bbbb", "mlp", { seed: 0 }],
      ["run-cccc", "mlp", { seed: 1 }],
    ),
  ).toBe("mlp · seed 0 · aaaa | mlp · seed 0 · bbbb | mlp · seed 1");
});

it("every name is another one", () => {
  const runs = Array.from({ length: 20 }, (_, i) => ({
    id: `run-${1000 + i}`,
    name: i % 3 ? "a" : "b",
    config: i % 2 ? { seed: i % 5 } : {},
  }));
  expect(new Set(runNames(runs).values()).size).toBe(20);
});
