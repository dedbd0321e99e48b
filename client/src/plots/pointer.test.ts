import { beforeAll, describe, expect, it, vi } from "vitest";

import type { Plotted } from "../compute/series/plotted";
import { tooltipOf, whenOf } from "../compute/time/pointer";
import { plottedOf } from "../testing/plotted";
import { pointedInLines } from "./pointer";
import { pointScale } from "./scales";

const ACCURACY = { kind: "accuracy" } as const;
const AXIS = { unit: "epoch", isShare: false };

/** A run of two classes of ten instances each, in which so many of either are right. */
function runOf(epochs: number[], right: (epoch: number) => number, stride = 1): Plotted {
  const matrixAt = (epoch: number) => [
    [right(epoch), 10 - right(epoch)],
    [10 - right(epoch), right(epoch)],
  ];
  return { ...plottedOf("", ["a", "b"], epochs, epochs.map(matrixAt)), stride };
}

const upTo = (n: number, step = 1) => Array.from({ length: n }, (_, i) => i * step);
const point = (series: Plotted[], last: number, length: number, position: number) =>
  pointedInLines(series, ACCURACY, "rate", pointScale([0, last], length), position);

beforeAll(() => vi.stubGlobal("window", { devicePixelRatio: 1 }));

describe("what is pointed at in a line chart", () => {
  it("is every epoch at some pixel, whatever the length", () => {
    for (const [count, length] of [
      [3000, 568],
      [610, 600.4],
      [601, 600],
      [600, 600],
    ]) {
      const run = runOf(upTo(count), () => 9);
      const seen = upTo(Math.floor(length) + 1).flatMap((at) => {
        const {
          extent: [first, last],
        } = point([run], count - 1, length, at);
        return upTo(last - first + 1).map((i) => first + i);
      });
      expect(new Set(seen).size, `${count} epochs on ${length} pixels`).toBe(count);
    }
  });

  it("is read as mean, least and greatest, and marks the farthest from the mean", () => {
    const run = runOf(upTo(3000), (e) => (e === 2056 ? 2 : 9));
    const pointed = point([runOf(upTo(3000), () => 9), run], 2999, 500, 342);
    expect(pointed.epoch).toBe(2056);
    expect(whenOf(AXIS, pointed)).toBe("mean of epochs 2,052–2,057");
    const [even, { value, counts, note }] = tooltipOf(
      [runOf(upTo(3000), () => 9), run],
      ACCURACY,
      "rate",
      pointed,
    );
    expect([value, counts, note]).toEqual(["78.3%", "", "min 20.0% at 2,056, max 90.0% at 2,052"]);
    expect([even.value, even.counts, even.note]).toEqual(["90.0%", "", ""]);
  });

  it("is one epoch of a series that is logged more seldom, which is named", () => {
    const all = [runOf(upTo(3000), () => 9), runOf(upTo(30, 100), () => 8, 100)];
    const pointed = point(all, 2999, 500, 342);
    expect(whenOf(AXIS, pointed)).toBe("mean of epochs 2,052–2,057");
    expect(pointed.epoch).toBe(2052);
    expect(tooltipOf(all, ACCURACY, "rate", pointed)[1]).toMatchObject({
      value: "80.0%",
      note: "at 2,000",
    });
  });

  it("is one epoch where there are fewer than pixels", () => {
    const pointed = point([runOf(upTo(41), (e) => e % 9)], 40, 400, 104);
    expect(pointed).toEqual({ epoch: 10, spans: null, extent: [10, 10] });
    expect(whenOf(AXIS, pointed)).toBe("epoch 10");
  });
});
