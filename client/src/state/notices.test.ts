import { describe, expect, it } from "vitest";

import type { SeriesData } from "../compute/series/data";
import { SourceError, type RunList, type RunSummary, type SplitSummary } from "../source/source";
import { plottedOf } from "../testing/plotted";
import { noticesOf, type NoticesContext } from "./notices";
import { keyOf, type LeafSeries } from "./series/series";
import { INITIAL_VIEW } from "./view";

const EPOCHS = [0, 1, 2, 3, 1000];

function leafOf(label: string, parts: Partial<SeriesData> = {}): LeafSeries {
  const plotted = plottedOf(
    label,
    ["ant", "bee"],
    EPOCHS,
    EPOCHS.map(() => [
      [1, 0],
      [0, 1],
    ]),
  );
  Object.assign(plotted.lines.data, parts);
  const ref = { runId: label, splitId: "test" };
  return { ...plotted, ...ref, key: keyOf(ref) };
}

function runOf(id: string, parts: Partial<RunSummary>): RunSummary {
  const split = { id: "test", name: "test" } as SplitSummary;
  const rest = { attempt: null, config: {}, created_at: "", state: "finished" } as const;
  return {
    id,
    name: id,
    ...rest,
    time_unit: "epoch",
    dropped: [],
    problems: [],
    splits: [split],
    ...parts,
  };
}

interface Shown {
  leaves?: LeafSeries[];
  runs?: RunSummary[];
  /** Ids of runs that the view names; those of `runs` are known. */
  chosen?: string[];
  allClasses?: string[];
  folders?: RunList["problems"];
  loader?: Partial<NoticesContext["loader"]>;
}

function noticed({ leaves = [], runs = [], chosen = [], folders = [], ...rest }: Shown): string[] {
  const runList: RunList = {
    ...{ log_directory: "logs", first_splits: 4, has_report: false },
    ...{ runs, problems: folders },
  };
  const series = chosen.map((runId) => ({ runId, splitId: "test", color: 0 }));
  return noticesOf({
    view: { ...INITIAL_VIEW, series },
    splits: new Map(
      runs.flatMap((run) =>
        run.splits.map((split) => [keyOf({ runId: run.id, splitId: split.id }), { run, split }]),
      ),
    ),
    leaves,
    allClasses: rest.allClasses ?? ["ant", "bee"],
    loader: { runList, live: "live", failure: null, ...rest.loader },
  });
}

it("nothing is said of series that are whole", () => {
  const shown = { leaves: [leafOf("a")], runs: [runOf("a", {})], chosen: ["a"] };
  expect(noticed(shown)).toEqual([]);
});

describe("a series of the view", () => {
  it("that is not here is counted, by where the data is", () => {
    const chosen = ["gone", "lost"];
    expect(noticed({ chosen: ["gone"] })).toEqual([
      "1 series of this view is not in this log directory.",
    ]);
    expect(noticed({ chosen, loader: { live: "static" } })).toEqual([
      "2 series of this view are not in this file.",
    ]);
    // Before the list of runs has come, nobody knows.
    expect(noticed({ chosen, loader: { runList: null } })).toEqual([]);
  });

  it("that can't be read yet is counted, with why and what to do", () => {
    const failure = new SourceError("The server does not answer.", "Start it again.");
    const shown = { leaves: [leafOf("a")], runs: ["a", "b"].map((id) => runOf(id, {})) };
    expect(noticed({ ...shown, chosen: ["a", "b"], loader: { failure } })).toEqual([
      "1 series could not be read yet. The server does not answer. Start it again.",
    ]);
    expect(noticed({ ...shown, chosen: ["a"], loader: { failure } })).toEqual([]);
  });
});

it("a page that a server refuses says so, once it has shown something", () => {
  const failure = new SourceError("The token is missing.", null, true);
  expect(noticed({ loader: { failure } })).toEqual(["The token is missing."]);
  expect(noticed({ loader: { failure, runList: null } })).toEqual([]);
  expect(noticed({ loader: { failure: new SourceError("No answer.") } })).toEqual([]);
});

describe("a series says", () => {
  it("which classes it lacks: three of them by name", () => {
    const says = (...more: string[]) =>
      noticed({ leaves: [leafOf("a")], allClasses: ["ant", "bee", ...more] })[0];
    expect(says("cat")).toMatch(/^“a” has other classes: it lacks “cat”\. Classes are matched/);
    expect(says("cat", "dog", "elk", "fox")).toMatch(/it lacks “cat”, “dog”, “elk” and 1 more\./);
  });

  it("how many predictions have no class, over all epochs", () => {
    const leftOut = Uint32Array.from([0, 1000, 0, 0, 234]);
    expect(noticed({ leaves: [leafOf("a", { leftOut })] })).toEqual([
      "“a”: 1,234 predictions have no label, or one that is not a class. They are kept in the log but left out here.",
    ]);
  });

  it("which epochs lack the parts of some ranks", () => {
    const partial = {
      coverage: Float64Array.from([1, 1, 1, 0.5, 0.75]),
      rankCount: Uint8Array.from([4, 4, 4, 2, 3]),
      worldSize: new Uint8Array(5).fill(4),
      timeUnit: "step",
    };
    expect(noticed({ leaves: [leafOf("a", partial)] })).toEqual([
      "“a” is partial at step 3 (2 of 4 ranks), 1,000 (3 of 4 ranks). It will be complete when the other ranks have logged theirs.",
    ]);
  });

  it("which epochs were logged again", () => {
    const says = (...timesLogged: number[]) =>
      noticed({ leaves: [leafOf("a", { timesLogged: Uint8Array.from(timesLogged) })] });
    expect(says(1, 1, 1, 1, 3)).toEqual([
      "“a”: epoch 1,000 was logged again. What was logged last is shown.",
    ]);
    expect(says(2, 1, 2, 1, 1)).toEqual([
      "“a”: epoch 0, 2 were logged again. What was logged last is shown.",
    ]);
    expect(says(2, 2, 2, 2, 2)).toEqual([
      "“a”: epoch 0, 1, 2 and 2 more were logged again. What was logged last is shown.",
    ]);
  });
});

describe("of runs that are shown, and of those that have nothing to show,", () => {
  const shownAndOthers = (parts: Partial<RunSummary>) => ({
    leaves: [leafOf("shown")],
    runs: [runOf("shown", parts), runOf("other", parts), runOf("empty", { ...parts, splits: [] })],
  });

  it("epochs that could not be written are named", () => {
    const dropped = [{ split: "val", epochs: [3, 1200] }];
    expect(noticed(shownAndOthers({ dropped }))).toEqual(
      ["shown", "empty"].map(
        (name) =>
          `Run “${name}”: epoch 3, 1,200 of “val” could not be written while it was trained, and is missing here.`,
      ),
    );
  });

  it("damaged files are named once, though the series says so too", () => {
    const problems = [{ file: "a.arrow", reason: "It is cut off." }];
    const { leaves, runs } = shownAndOthers({ problems });
    const [{ lines }] = leaves;
    const newer = { file: "b.arrow", reason: "It is empty." };
    Object.assign(lines.data, { problems: [...problems, newer] });
    expect(noticed({ leaves, runs })).toEqual([
      "Run “shown”: a.arrow is left out. It is cut off.",
      "Run “empty”: a.arrow is left out. It is cut off.",
      "Run “shown”: b.arrow is left out. It is empty.",
    ]);
  });
});

it("folders that are not listed say why", () => {
  const folders = [{ file: "copy", reason: "It was renamed." }];
  expect(noticed({ folders })).toEqual(["Folder “copy”: It was renamed."]);
});
