import { expect, it } from "vitest";

import type { SeriesData } from "./data";
import { Lines } from "./lines";
import { overviewOf } from "./overview";

it("one cell among many is seen in the pixel that it falls into, whatever the others are", () => {
  const classes = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const data = {
    classes,
    epochs: Uint8Array.of(0, 1),
    // Alike but for 77 → 41, which is there in the last epoch only.
    cellActual: Uint16Array.of(3, 3, 77, 77),
    cellPredicted: Uint16Array.of(3, 4, 41, 42),
    counts: Uint8Array.of(90, 90, 1, 1, 0, 8, 1, 1),
    support: new Uint8Array(200).fill(100),
  } as Partial<SeriesData> as SeriesData;
  const series = {
    label: "",
    color: 0,
    lines: new Lines(data),
    epochs: data.epochs,
    stride: 1,
    classIndex: Int32Array.from(classes, (_, i) => i),
  };
  const pixels = overviewOf([series], 100, 10, [0, 1], "count");
  const seen = [...pixels].flatMap((value, at) =>
    value ? [[Math.floor(at / 10), at % 10, value]] : [],
  );
  expect(seen).toEqual([
    [0, 0, 1],
    [7, 4, 4],
  ]);
});
