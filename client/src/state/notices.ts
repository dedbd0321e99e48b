import { sum } from "d3-array";
import { matchClasses } from "../compute/classes/classes";
import { counted, formatCount } from "../compute/text/format";
import type { LiveState, RunList, SourceError } from "../source/source";
import { keyOf, type LeafSeries, type Splits } from "./series/series";
import type { ViewState } from "./view";

/** The part of a session that notices are made from. */
export interface NoticesContext {
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly allClasses: readonly string[];
  readonly loader: {
    readonly runList: RunList | null;
    readonly live: LiveState;
    readonly failure: SourceError | null;
  };
}

/** What the user must know about the shown data, in sentences. */
export function noticesOf(session: NoticesContext): string[] {
  return [
    ...ofRefusal(session),
    ...ofLink(session),
    ...ofMissing(session),
    ...ofSeries(session),
    ...ofDropped(session),
    ...ofFiles(session),
    ...ofFolders(session),
  ];
}

/** A server that was restarted with another token sends nothing new to this page. */
function ofRefusal({ loader: { failure, runList } }: NoticesContext): string[] {
  return runList && failure?.isRefused ? [`${failure.message} ${failure.hint ?? ""}`.trim()] : [];
}

/** A link may name series that are not here: they were deleted, or are in another log directory. */
function ofLink({ view, splits, loader: { runList, live } }: NoticesContext): string[] {
  const gone = (view.series ?? []).filter((s) => !splits.has(keyOf(s))).length;
  if (!runList || !gone) return [];
  const place = live === "static" ? "file" : "log directory";
  return [
    `${counted(gone, "series", "series")} of this view ${gone === 1 ? "is" : "are"} not in this ${place}.`,
  ];
}

/** Chosen series that cannot be read, or not yet. */
function ofMissing({
  view,
  splits,
  leaves: series,
  loader: { failure },
}: NoticesContext): string[] {
  const here = new Set(series.map((s) => s.key));
  const missing = (view.series ?? []).filter(
    (s) => splits.has(keyOf(s)) && !here.has(keyOf(s)),
  ).length;
  if (!failure || !missing) return [];
  return [
    `${counted(missing, "series", "series")} could not be read yet. ${failure.message} ${failure.hint ?? ""}`.trim(),
  ];
}

function ofSeries({ leaves: series, allClasses }: NoticesContext): string[] {
  const notices: string[] = [];
  for (const { label, lines } of series) {
    const { missing } = matchClasses(allClasses, lines.data.classes);
    if (missing.length)
      notices.push(
        `“${label}” has other classes: it lacks ${enumerate(missing)}. Classes are matched by name; if a series lacks one, its cells are grey.`,
      );
    const leftOut = sum(lines.data.leftOut);
    if (leftOut)
      notices.push(
        `“${label}”: ${formatCount(leftOut)} predictions have no label, or one that is not a class. They are kept in the log but left out here.`,
      );
    const { epochs, coverage, rankCount, worldSize, timesLogged, timeUnit } = lines.data;
    const partial = [...epochs.keys()].filter((at) => coverage[at] < 1);
    if (partial.length) {
      const ranks = partial.map(
        (at) => `${formatCount(epochs[at])} (${rankCount[at]} of ${worldSize[at]} ranks)`,
      );
      notices.push(
        `“${label}” is partial at ${timeUnit} ${listed(ranks)}. It will be complete when the other ranks have logged theirs.`,
      );
    }
    const again = [...epochs.keys()]
      .filter((at) => timesLogged[at] > 1)
      .map((at) => formatCount(epochs[at]));
    if (again.length)
      notices.push(
        `“${label}”: ${timeUnit} ${listed(again)} ${again.length > 1 ? "were" : "was"} logged again. What was logged last is shown.`,
      );
  }
  return notices;
}

/** Epochs that could not be written while the training went on. */
function ofDropped({ leaves: series, loader: { runList } }: NoticesContext): string[] {
  const shown = new Set(series.map((s) => s.runId));
  return (runList?.runs ?? [])
    .filter((run) => shown.has(run.id) || !run.splits.length)
    .flatMap(({ name, time_unit, dropped }) =>
      dropped.map(
        ({ split, epochs }) =>
          `Run “${name}”: ${time_unit} ${listed(epochs.map(formatCount))} of “${split}” could not be written while it was trained, and is missing here.`,
      ),
    );
}

/** Damaged files of the shown runs, and of runs that cannot be shown because of them. */
function ofFiles({ leaves: series, loader: { runList } }: NoticesContext): string[] {
  const shown = new Set(series.map((s) => s.runId));
  const runs = (runList?.runs ?? []).filter((run) => shown.has(run.id) || !run.splits.length);
  // The list of runs may be older than the series, and lack some of the problems.
  const all = [
    ...runs,
    ...series.map(({ lines: { data } }) => ({ name: data.runName, problems: data.problems })),
  ];
  const sentences = all.flatMap(({ name, problems }) =>
    problems.map(({ file, reason }) => `Run “${name}”: ${file} is left out. ${reason}`),
  );
  return [...new Set(sentences)];
}

/** Runs that are not listed because their folder was renamed or is a link. */
function ofFolders({ loader: { runList } }: NoticesContext): string[] {
  return (runList?.problems ?? []).map(({ file, reason }) => `Folder “${file}”: ${reason}`);
}

/** "“a”, “b” and 3 more" */
function enumerate(names: readonly string[]): string {
  return listed(names.map((name) => `“${name}”`));
}

/** "a, b and 3 more" */
function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, 3).join(", ");
  return texts.length > 3 ? `${shown} and ${formatCount(texts.length - 3)} more` : shown;
}
