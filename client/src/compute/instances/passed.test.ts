import { expect, it } from "vitest";

import { passedCells } from "./passed";

const epochs = [0, 1, 2, 5, 6, 9];

it("names each cell once, with the epochs of every stay", () => {
  const path = { actual: 1, epochs, strip: [3, 2, 1, 1, 3, 2, -1, 1] };
  expect(passedCells([path], [0, 9])).toEqual([
    {
      actual: 1,
      predicted: 3,
      stays: [
        [0, 1],
        [5, 6],
      ],
    },
    { actual: 1, predicted: 1, stays: [[2, 2]] },
  ]);
});

it("leaves out what lies beyond the range, and joins the stays of several instances", () => {
  const paths = [
    { actual: 1, epochs, strip: [3, 3, 0, 3] },
    { actual: 1, epochs, strip: [0, 6] },
  ];
  expect(passedCells(paths, [5, 6])).toEqual([
    {
      actual: 1,
      predicted: 0,
      stays: [
        [5, 6],
        [5, 6],
      ],
    },
  ]);
});
