import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  parse,
  wcagContrast,
  wcagLuminance,
} from "culori";
import { describe, expect, it } from "vitest";

import {
  cssColor,
  dashOf,
  divergingColors,
  inkOn,
  lineColor,
  rampColors,
  stripesOf,
  type Scheme,
} from "./ramp";
import { THEMES } from "../../plots/theme";

const SCHEMES: Scheme[] = ["light", "dark"];
const COLORS = [0, 1, 2, 3, 4, 5, 6, 7];
const luminance = (word: number) => wcagLuminance(cssColor(word));

describe("rampColors", () => {
  it("starts at the ground: nothing looks like nothing", () => {
    for (const scheme of SCHEMES)
      for (const color of COLORS)
        expect(
          wcagContrast(cssColor(rampColors(color, scheme)[0]), THEMES[scheme].surface),
        ).toBeLessThan(1.03);
  });

  it("ends equally dark for every hue", () => {
    for (const scheme of SCHEMES) {
      const ends = COLORS.map((color) => luminance(rampColors(color, scheme)[255]));
      expect(Math.max(...ends) / Math.min(...ends)).toBeLessThan(1.6);
    }
  });

  it("changes in one direction only", () => {
    for (const color of COLORS) {
      const steps = [...rampColors(color, "light")].filter((_, i) => i % 5 === 0).map(luminance);
      for (let i = 1; i < steps.length; i++) expect(steps[i]).toBeLessThan(steps[i - 1]);
    }
  });
});

describe("inkOn", () => {
  it("reads on every colour of every ramp: 4.5:1 at least", () => {
    for (const scheme of SCHEMES)
      for (const ramp of [
        ...COLORS.map((color) => rampColors(color, scheme)),
        divergingColors(scheme),
      ])
        for (const word of ramp)
          expect(wcagContrast(inkOn(word), cssColor(word))).toBeGreaterThanOrEqual(4.5);
  });
});

describe("lineColor", () => {
  it("stands out from the ground: 3:1 at least", () => {
    for (const scheme of SCHEMES)
      for (const color of COLORS)
        expect(
          wcagContrast(lineColor(color, scheme), THEMES[scheme].ground),
        ).toBeGreaterThanOrEqual(3);
  });

  it("keeps the first four apart for colour-blind eyes", () => {
    const difference = differenceCiede2000();
    const pairs = [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ];
    for (const scheme of SCHEMES)
      for (const filter of [filterDeficiencyProt(1), filterDeficiencyDeuter(1)])
        for (const pair of pairs) {
          const [a, b] = pair.map((color) => filter(parse(lineColor(color, scheme))!));
          expect(difference(a, b), `${scheme} ${pair}`).toBeGreaterThan(15);
        }
  });

  it("tells 32 series apart: by eight hues, then by dashes in lines and stripes in marks", () => {
    const all = Array.from({ length: 32 }, (_, color) => color);
    for (const of of [dashOf, stripesOf])
      expect(new Set(all.map((color) => `${lineColor(color, "light")} ${of(color)}`)).size).toBe(
        32,
      );
    expect(all.filter((color) => !stripesOf(color))).toEqual(COLORS);
    expect(new Set(all.map((color) => lineColor(color, "light"))).size).toBe(8);
    expect(all.map((color) => dashOf(color).length > 0).indexOf(true)).toBe(8);
  });
});

describe("themes", () => {
  it("have text of AA contrast", () => {
    for (const scheme of SCHEMES) {
      const { ink, muted, faint, accent, danger, surface, raised } = THEMES[scheme];
      for (const text of [ink, muted, faint, accent, danger])
        expect(wcagContrast(text, surface), `${text} on ${surface}`).toBeGreaterThanOrEqual(4.5);
      for (const text of [ink, muted])
        expect(wcagContrast(text, raised)).toBeGreaterThanOrEqual(4.5);
      expect(wcagContrast(THEMES[scheme].border, surface)).toBeGreaterThanOrEqual(3);
    }
  });
});
