import { expect, it } from "vitest";

import type { Pen } from "./pen";
import { THEMES } from "./theme";
import { drawTrajectory } from "./trajectory";

/** Rectangles that are drawn over the ground: colour, from, to. */
function drawn(strip: number[], range: [number, number], width = 100): [string, number, number][] {
  const filled: [string, number, number][] = [];
  const pen = {
    fillStyle: "",
    fillRect: (x: number, _: number, w: number) => filled.push([pen.fillStyle, x, x + w]),
    strokeRect: () => {},
  };
  const epochs = Array.from({ length: 10 }, (_, epoch) => epoch);
  const trajectory = {
    epochs,
    stride: 1,
    strip,
    actual: 0,
    colorOf: (index: number) => `c${index}`,
  };
  drawTrajectory(pen as unknown as Pen, width, 10, trajectory, range, THEMES.light);
  return filled.slice(1);
}

it("leaves right epochs blank, colours wrong ones, and marks those without a prediction", () => {
  expect(drawn([0, 4, 2, 3, -1, 1, 0, 2], [0, 9])).toEqual([
    ["c2", 40, 70],
    [THEMES.light.gap, 70, 80],
  ]);
});

it("shows the chosen epochs only", () => {
  expect(drawn([2, 10], [5, 6])).toEqual([["c2", 0, 100]]);
  expect(drawn([2, 4, 0, 6], [5, 9])).toEqual([]);
});

it("keeps a wrong epoch when there are more epochs than pixels", () => {
  const [[, from, to]] = drawn([0, 5, 3, 1, 0, 4], [0, 9], 4);
  expect(to - from).toBeGreaterThanOrEqual(1);
});
