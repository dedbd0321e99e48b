import { expect, it } from "vitest";

import { targetOfSpot } from "./targets";

const scene = { isGroup: [false, true], diagonal: "names" as const, values: "rate" as const };

it("draws a cell off the diagonal, FN and FP as what they are", () => {
  const cell = { kind: "cell", actual: 0, predicted: 1 } as const;
  expect(targetOfSpot(cell, scene)).toEqual(cell);
  expect(targetOfSpot({ kind: "fn", class: 1 }, scene)).toEqual({ kind: "fn", class: 1 });
});

it("draws recall on the diagonal of a class, and what is confused inside a closed group", () => {
  const diagonal = (index: number) => ({ kind: "cell", actual: index, predicted: index }) as const;
  expect(targetOfSpot(diagonal(0), scene)).toEqual({ kind: "recall", class: 0 });
  expect(targetOfSpot(diagonal(1), scene)).toEqual({ kind: "inside", class: 1 });
  expect(targetOfSpot(diagonal(0), { ...scene, values: "predicted" })).toEqual({
    kind: "precision",
    class: 0,
  });
  expect(targetOfSpot(diagonal(1), { ...scene, diagonal: "recall" })).toEqual({
    kind: "recall",
    class: 1,
  });
});
