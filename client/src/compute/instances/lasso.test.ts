import { expect, it } from "vitest";

import { readLasso, writeLasso } from "./lasso";

const lasso = {
  epoch: 8,
  last: 9,
  layer: "layer4, pooled",
  cell: ["Auto", "Truck"] as const,
  polygon: [
    [0, 0],
    [1.5, -2.25],
    [1e-5, 3],
  ] as const,
};

it("a lasso is what was written", () => {
  expect(readLasso(writeLasso(lasso))).toEqual(lasso);
  expect(readLasso(writeLasso({ ...lasso, cell: null }))).toEqual({ ...lasso, cell: null });
});

it("a lasso of very many corners keeps its shape in a short link", () => {
  const polygon = Array.from({ length: 900 }, (_, at) => [Math.cos(at), at] as const);
  const found = readLasso(writeLasso({ ...lasso, polygon }))!;
  expect(found.polygon.length).toBeLessThanOrEqual(60);
  expect(found.polygon[0]).toEqual([1, 0]);
  expect(found.polygon.at(-1)![1]).toBeGreaterThan(870);
});

it.each([
  [[]],
  [["8", "a", "0 0 1 1 2 2"]],
  [["8-9", "a", "0 0 1 1"]],
  [["8-9", "a", "0 0 1 x 2 2"]],
])("%j is not a lasso", (parts) => expect(readLasso(parts)).toBeNull());
