import type { SeriesData } from "../compute/series/data";
import type { RunList, SourceError } from "../source/source";
import { keyOf, type Splits } from "./series/series";
import type { ViewState } from "./view";

export type PageState = "loading" | "ready" | "empty" | "broken";

/** The part of a session that its page's state is made from. */
interface PageStateContext {
  readonly view: Pick<ViewState, "series" | "run">;
  readonly splits: Splits;
  readonly data: readonly SeriesData[];
  readonly loader: {
    readonly runList: RunList | null;
    readonly failure: SourceError | null;
    readonly lines: { has(key: string): boolean };
  };
}

/** Says whether there is something to show and, if not, whether it may come by itself. */
export function pageStateOf({ view, splits, data, loader }: PageStateContext): PageState {
  const { runList, failure, lines } = loader;
  if (!runList) return failure ? "broken" : "loading";
  const { runs } = runList;
  if (!runs.some((run) => run.splits.length))
    return runs.some((run) => run.problems.length) ? "broken" : "empty";
  if (view.series === null) return view.run === null ? "loading" : "empty";
  const isWaiting = view.series.some((s) => !lines.has(keyOf(s)) && splits.has(keyOf(s)));
  if (isWaiting && !data.length) return failure ? "broken" : "loading";
  return data.some(({ epochs }) => epochs.length) || !data.length ? "ready" : "broken";
}
