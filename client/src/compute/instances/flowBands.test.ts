import { expect, it } from "vitest";

import { bandAt, flowBands, mostWrong } from "./flowBands";
import { takenFor } from "./takenFor";

const flow = {
  epochs: [0, 1, 4],
  right: [5, 7, 6],
  predicted: [3, 8],
  counts: [
    [1, 0, 2],
    [4, 3, 0],
  ],
};
const strips = flow.predicted.map((index, at) => ({
  actual: -1,
  strip: [index, flow.counts[at].reduce((sum, count) => sum + count, 0)],
}));

it("stacks the most frequent class first", () => {
  const bands = flowBands(flow, takenFor(strips));
  expect(bands.map(({ predicted }) => predicted)).toEqual([8, 3]);
  expect(mostWrong(bands, flow.epochs)).toBe(5);
  expect(bandAt(bands, 0, 3.9)?.predicted).toBe(8);
  expect(bandAt(bands, 0, 4.1)?.predicted).toBe(3);
  expect(bandAt(bands, 0, 5.1)).toBeNull();
});

it("joins the classes that share a colour", () => {
  const many = { ...flow, predicted: [3, 8, 9], counts: [...flow.counts, [1, 1, 1]] };
  const bands = flowBands(many, takenFor([strips[0]]));
  expect(bands).toEqual([
    { predicted: 3, counts: [1, 0, 2] },
    { predicted: null, counts: [5, 4, 1] },
  ]);
});
