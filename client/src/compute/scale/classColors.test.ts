import { converter, differenceEuclidean } from "culori/fn";
import { expect, it } from "vitest";

import { CLASS_COLORS, classColor, colorsOfClasses } from "./classColors";
import { lineColor } from "./ramp";

it.each(["light", "dark"] as const)(
  "keeps apart from each other and from series (%s)",
  (scheme) => {
    const rgb = converter("rgb");
    const distance = differenceEuclidean("oklab");
    const classes = Array.from({ length: CLASS_COLORS }, (_, color) => classColor(color, scheme));
    const series = [0, 1, 2, 3].map((color) => lineColor(color, scheme));
    for (const [at, color] of classes.entries())
      for (const other of [...series, ...classes.slice(0, at)])
        expect(distance(rgb(color)!, rgb(other)!), `${color} ${other}`).toBeGreaterThan(0.08);
  },
);

it("gives a class the same colour in every list", () => {
  const [all, some] = [colorsOfClasses([3, 0, 7]), colorsOfClasses([7, 3])];
  expect([some.get(7), some.get(3)]).toEqual([all.get(7), all.get(3)]);
});

it("gives classes of one list different colours, and none to those after the tenth", () => {
  const colors = colorsOfClasses([12, 2, 3, ...Array.from({ length: 20 }, (_, at) => 20 + at)]);
  expect(new Set(colors.values()).size).toBe(CLASS_COLORS);
  expect(colors.get(12)).toBe(2);
  expect(colors.get(39)).toBeUndefined();
});
