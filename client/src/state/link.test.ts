import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { fromLink, toLink } from "./link";
import { INITIAL_VIEW, type ViewState } from "./view";

const view: ViewState = {
  series: [
    { runId: "20261124T101500-ab12", splitId: "0f3c", color: 2 },
    { runId: "20261124T101500-ab12", splitId: "77aa", color: 0 },
  ],
  run: null,
  baseline: { runId: "20261124T101500-ab12", splitId: "77aa" },
  fold: ["seed", "a, b"],
  spread: "deviation",
  align: "epoch",
  curve: "macro_f1",
  scalars: ["lr", "a, b"],
  range: [20, 194],
  playhead: 120,
  mode: "lines",
  direction: "down",
  values: "count",
  gamma: 0.35,
  scale: "range",
  diagonal: "recall",
  smooth: 11,
  selection: { kind: "cell", actual: "Auto", predicted: "a, b & 50% → <i>" },
  order: ["b,c", "", "%2C", "ü", "a"],
  orderName: "similarity",
  hidden: ["x=y&z#", "%"],
  grouping: "similarity",
  found: { series: [{ runId: "20261124T101500-ab12", splitId: "0f3c" }], epochs: [3, 20] },
  opened: ["a … b", "50%, red"],
  focus: "a, b",
  sort: { column: "recall", descending: true },
  filter: "cat & dog",
  tab: "cells",
  listed: { runId: "20261124T101500-ab12", splitId: "0f3c" },
  passing: "stayed",
  instanceSort: { column: "suspicious_label", descending: false },
  instanceSearch: "img-1 & 2",
  instanceFilters: ["forgotten>=2", "share<=.5", "source=a, <b>=c"],
  beside: { runId: "20261124T101500-ab12", splitId: "77aa" },
  onlyOne: true,
  grid: true,
  flow: true,
  lasso: ["8-9", "", "0 0 1 0 1 1"],
  chosen: ["a,b & <i>50%", "", "%2C"],
  ranking: "jump",
  layer: "block 4/conv",
  featureView: "units",
  wholeMap: true,
  unit: 17,
  unitRows: [["Auto"], ["Auto", "Truck"]],
  wide: true,
};

describe("a link", () => {
  it("opens the same view", () => {
    expect(fromLink(`#${toLink(view)}`)).toEqual(view);
  });

  it("holds shares of training where they are the axis, and no epochs then", () => {
    const shares: ViewState = {
      ...view,
      align: "share",
      range: [250_000, 1_000_000],
      playhead: 500_000,
      fold: [],
    };
    const found = {
      ...view.found!,
      series: [{ ...view.found!.series[0], epochs: [3, 9] as [number, number] }],
      epochs: null,
    };
    expect(fromLink(toLink({ ...shares, found }))).toEqual({ ...shares, found });
    const link = new URLSearchParams(toLink(shares));
    expect([link.get("epochs"), link.get("at")]).toEqual([null, null]);
  });

  it("holds a lasso and the subsets that are rows of the units", () => {
    const lasso = ["8-9", "layer4, pooled", "Auto", "Truck, red", "0 0 1.5 0 1 -2e-5"];
    const unitRows = [["Auto", "Truck"], ["Truck, red"]] as const;
    const held = { ...view, lasso, unitRows: [...unitRows] };
    expect(fromLink(toLink(held))).toEqual(held);
    expect(fromLink("lasso=8-9,layer,0%200").lasso).toEqual([]);
  });

  it("holds the selection of any measure", () => {
    for (const kind of ["fn", "fp", "precision", "recall", "f1", "support"] as const) {
      const selection = { kind, class: "Truck, red" };
      expect(fromLink(toLink({ ...view, selection })).selection).toEqual(selection);
    }
  });

  it("names a run to begin with, until series are chosen", () => {
    const start = { ...INITIAL_VIEW, run: "20261124T101500-ab12" };
    expect(fromLink(toLink(start))).toEqual(start);
    expect(toLink({ ...start, series: [] })).toBe("series=");
  });

  it("is empty for the start", () => {
    expect(toLink(INITIAL_VIEW)).toBe("");
    expect(fromLink("")).toEqual(INITIAL_VIEW);
  });

  it("tells that no series is chosen from that none was ever chosen", () => {
    expect(fromLink(toLink({ ...INITIAL_VIEW, series: [] })).series).toEqual([]);
  });

  it.each([
    "series=..,x,a.b,a.b.c&epochs=9-3&at=-4&mode=<script>&gamma=7&detail=cell,only&sort=toString-up",
    "detail=constructor,x&epochs=a-b&at=1e9&values=__proto__&by=1&gamma=NaN",
    "%E0%A4%A&&&=&epochs",
  ])("that makes no sense opens the start: %s", (fragment) => {
    expect(fromLink(fragment)).toEqual({
      ...INITIAL_VIEW,
      series: fragment.includes("series=") ? [] : null,
    });
  });
});

interface Golden {
  link: string;
  series: [string, string, number][] | null;
  run: string | null;
  epoch: number | null;
  range: [number, number] | null;
  cell: [string, string] | null;
}
const golden = JSON.parse(
  readFileSync(new URL("../../../tests/golden/links.json", import.meta.url), "utf8"),
) as Golden[];

describe("links that Python reads and writes", () => {
  it.each(golden)("are read here alike: $link", ({ link, series, run, epoch, range, cell }) => {
    const view = fromLink(link);
    expect(view.series?.map((s) => [s.runId, s.splitId, s.color]) ?? null).toEqual(series);
    expect(view.run).toBe(run);
    expect(view.playhead).toBe(epoch);
    expect(view.range).toEqual(range);
    const { selection } = view;
    expect(selection.kind === "cell" ? [selection.actual, selection.predicted] : null).toEqual(
      cell,
    );
    expect(fromLink(toLink(view))).toEqual(view);
  });
});
