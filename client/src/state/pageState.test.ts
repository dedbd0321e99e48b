import { expect, it } from "vitest";

import type { SeriesData } from "../compute/series/data";
import { SourceError, type RunList } from "../source/source";
import { pageStateOf } from "./pageState";
import { splitsByKey } from "./series/series";
import type { ChosenSeries } from "./view";

const CHOSEN: ChosenSeries[] = [{ runId: "r", splitId: "s", color: 0 }];
const FAILURE = new SourceError("no answer");

interface Parts {
  /** Splits of the one run; null: the list is not here. */
  splits?: string[] | null;
  problems?: unknown[];
  series?: ChosenSeries[] | null;
  run?: string | null;
  failure?: SourceError | null;
  /** Epochs of the series that are here. */
  here?: number[];
}

function stateOf({
  splits = ["s"],
  problems = [],
  series = CHOSEN,
  run = null,
  failure = null,
  here = [],
}: Parts) {
  const runs = [{ id: "r", splits: (splits ?? []).map((id) => ({ id })), problems }];
  const runList = splits && ({ runs } as unknown as RunList);
  const data = here.map((epochs) => ({ epochs: new Uint8Array(epochs) }) as unknown as SeriesData);
  return pageStateOf({
    view: { series, run },
    splits: splitsByKey(runList?.runs ?? []),
    data,
    loader: { runList, failure, lines: new Set(here.length ? ["r/s"] : []) },
  });
}

it("is loading until the runs and the first series are here, unless reading fails", () => {
  expect(stateOf({ splits: null })).toBe("loading");
  expect(stateOf({ splits: null, failure: FAILURE })).toBe("broken");
  expect(stateOf({})).toBe("loading");
  expect(stateOf({ failure: FAILURE })).toBe("broken");
  expect(stateOf({ series: null })).toBe("loading");
});

it("is empty if nothing was logged, and broken if that is due to damaged files", () => {
  expect(stateOf({ splits: [] })).toBe("empty");
  expect(stateOf({ splits: [], problems: [{}] })).toBe("broken");
  expect(stateOf({ series: null, run: "other" })).toBe("empty");
});

it("is ready if a series has epochs, or if none is chosen", () => {
  expect(stateOf({ here: [0, 3] })).toBe("ready");
  expect(stateOf({ here: [0] })).toBe("broken");
  expect(stateOf({ series: [] })).toBe("ready");
  expect(stateOf({ splits: ["other"] })).toBe("ready");
});
