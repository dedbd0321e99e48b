import { shortenedApart } from "../../compute/text/shorten";
import { eventEpochs, merged } from "./cards";
import { markKey, type Mark } from "../../plots/matrix/scene";
import type { CellMarks, DataSource, Finding, MarksRequest, SeriesRef } from "../../source/source";
import { keyOf, refOf, type LeafSeries, type ShownSeries, type Splits } from "../series/series";
import type { Comparison } from "../series/comparison.svelte";
import { fromLink } from "../link";
import { runNames } from "../series/runNames";
import type { Selection, ViewState } from "../view";

/** How long a view must rest before its marks are requested, and before a run is searched again. */
const REST_MS = 300;
/** After how long a failed search is repeated, and how often. */
const RETRY_MS = 3000;
const MOST_FAILURES = 5;
/** With more classes than this, cells that could not show a difference are not listed or named. */
const MOST_NAMED = 60;
/** Characters of a run's name on a card. */
const MOST_NAME = 26;

/** Findings of what lasts to the end. */
const FALLS = ["event: lost class", "event: lasting fall"];

/** The part of a session that findings read, and what showing one changes. */
interface FindingsContext {
  readonly extent: [number, number];
  readonly source: DataSource;
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly series: readonly ShownSeries[];
  readonly classes: readonly string[];
  readonly leafClasses: readonly string[];
  readonly allClasses: readonly string[];
  readonly range: [number, number];
  readonly comparison: Comparison;
  readonly groups: { readonly rows: unknown; reveal(...names: string[]): void };
  isShown(ref: SeriesRef): boolean;
  add(...refs: SeriesRef[]): void;
  select(selection: Selection): void;
}

/** The findings of the shown runs. They are searched for while somebody looks at them, and kept up to date. */
export class Findings {
  /** Null until the first search has ended. */
  found = $state.raw<readonly Finding[] | null>(null);
  isLooking = $state(false);
  failure = $state<string | null>(null);
  /** Whether comparisons are of the epochs that are shown, not of the last quarter. */
  ofRange = $state(false);
  private cellMarks = $state.raw<readonly CellMarks[]>([]);
  private asked = "";
  private askedMarks = "";
  private failures = 0;
  private again: ReturnType<typeof setTimeout> | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: FindingsContext) {}

  /** Epochs at which something happened. */
  readonly ticks: number[] = $derived.by(() => eventEpochs(this.found ?? []));

  /** What findings depend on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { view, splits } = this.session;
    const versions = [...splits.values()]
      .filter(({ run }) => this.runs.includes(run.id) || run.id === view.baseline?.runId)
      .map(({ run, split }) => [run.id, run.state, split.version]);
    return JSON.stringify([this.runs, view.baseline?.runId, versions, this.range]);
  });

  private readonly runs: string[] = $derived.by(() => [
    ...new Set((this.session.view.series ?? []).map(({ runId }) => runId)),
  ]);

  private readonly range: [number, number] | null = $derived.by(() =>
    this.ofRange && this.session.view.align === "epoch" ? this.session.range : null,
  );

  /** Looks at the runs shown, one search at a time. */
  async look(): Promise<void> {
    if (this.isLooking || this.asked === this.key) return;
    clearTimeout(this.again);
    const { key, runs, range } = this;
    const { source, view } = this.session;
    this.isLooking = true;
    try {
      const found = await Promise.all(
        runs.map((runId) =>
          source.findings({
            runId,
            baseline: view.baseline && view.baseline.runId !== runId ? view.baseline.runId : null,
            epochs: range,
          }),
        ),
      );
      this.found = merged(found);
      this.failure = null;
      this.asked = key;
      this.failures = 0;
    } catch (error) {
      this.failure = String((error as Error).message);
      this.failures++;
    } finally {
      this.isLooking = false;
    }
    // A kernel that was busy may have the answer the next time.
    if (this.asked !== key && this.failures < MOST_FAILURES)
      this.again = setTimeout(() => void this.look(), RETRY_MS);
    else if (this.key !== key) this.again = setTimeout(() => void this.look(), REST_MS);
  }

  /** The requests for the marks of the shown differences; empty if there are none. */
  readonly marksRequests: MarksRequest[] = $derived.by(() => {
    const { comparison, view, range, series, leafClasses, allClasses, groups } = this.session;
    const { baselineFold } = comparison;
    if (!baselineFold || view.align !== "epoch" || groups.rows) return [];
    if (comparison.folds.some(({ members }) => members.length > 1)) return [];
    const [baseline] = baselineFold.members;
    const isPart = leafClasses.length < allClasses.length && leafClasses.length <= MOST_NAMED;
    return series.map(({ key }) => {
      const [runId, splitId] = key.split("/");
      return {
        series: { runId, splitId },
        baseline: refOf(baseline),
        epochs: range,
        classes: isPart ? [...leafClasses] : null,
      };
    });
  });

  /** Asks for the marks of the shown difference once the view rests. */
  lookAtMarks(): void {
    const requests = this.marksRequests;
    const key = JSON.stringify([
      requests,
      requests.map((one) => this.session.splits.get(keyOf(one.series))?.split.version),
    ]);
    if (key === this.askedMarks) return;
    this.askedMarks = key;
    this.cellMarks = [];
    clearTimeout(this.resting);
    if (!requests.length) return;
    this.resting = setTimeout(() => {
      const answers = Promise.all(requests.map((one) => this.session.source.marks(one)));
      answers.then(
        (marks) => {
          if (key === this.askedMarks) this.cellMarks = marks.filter((one) => one !== null);
        },
        // Without marks a difference is still shown; the next look asks again.
        () => {
          if (key === this.askedMarks) this.askedMarks = "";
        },
      );
    }, REST_MS);
  }

  /** Marks by the classes shown: different in any series, or untold in all; the others are the same. */
  readonly marks: ReadonlyMap<number, Mark> | null = $derived.by(() => {
    if (!this.cellMarks.length) return null;
    const place = new Map(this.session.classes.map((name, index) => [name, index]));
    const marks = new Map<number, Mark>();
    const untold = new Map<number, number>();
    for (const { classes, different, untold: few } of this.cellMarks) {
      const places = classes.map((name) => place.get(name) ?? -1);
      const keyed = ([actual, predicted]: [number, number]) =>
        places[actual] < 0 || places[predicted] < 0
          ? -1
          : markKey(places[actual], places[predicted]);
      // Of more classes it is not known which cells could not tell.
      if (classes.length <= MOST_NAMED)
        for (const row of places)
          for (const column of places) {
            const key = row < 0 || column < 0 ? -1 : markKey(row, column);
            if (row !== column && !marks.has(key)) marks.set(key, "same");
          }
      for (const cell of few) untold.set(keyed(cell), (untold.get(keyed(cell)) ?? 0) + 1);
      for (const cell of different) marks.set(keyed(cell), "different");
    }
    for (const [key, times] of untold)
      if (times === this.cellMarks.length && marks.get(key) !== "different")
        marks.set(key, "untold");
    marks.delete(-1);
    return marks;
  });

  /** Names of the shown runs, by id, as short as they can be without becoming ambiguous. */
  private readonly names: ReadonlyMap<string, string> = $derived.by(() => {
    const runs = new Map([...this.session.splits.values()].map(({ run }) => [run.id, run]));
    const names = runNames(this.runs.flatMap((id) => runs.get(id) ?? []));
    const short = shortenedApart([...names.values()], MOST_NAME);
    return new Map([...names.keys()].map((id, at) => [id, short[at]]));
  });

  /** The run that a finding is about; "" if only one is shown, or if it is about several. */
  runOf({ link }: Finding): string {
    const runs = new Set((fromLink(link).series ?? []).map(({ runId }) => runId));
    if (this.runs.length < 2 || runs.size !== 1) return "";
    return this.names.get([...runs][0]) ?? "";
  }

  /** The shown series that a finding is about. */
  seriesOf({ link }: Finding): LeafSeries[] {
    const keys = new Set((fromLink(link).series ?? []).map(keyOf));
    return this.session.leaves.filter(({ key }) => keys.has(key));
  }

  selectionOf({ link }: Finding): Selection {
    return fromLink(link).selection;
  }

  /** Shows a finding: its series, its epochs, and its cell or class in the detail. */
  show(finding: Finding): void {
    const { session } = this;
    const { series, range, playhead, selection } = fromLink(finding.link);
    const missing = (series ?? []).filter((ref) => !session.isShown(ref));
    if (missing.length) session.add(...missing);
    if (selection.kind === "cell") session.groups.reveal(selection.actual, selection.predicted);
    session.select(selection);
    if (session.view.align !== "epoch") return;
    if (playhead !== null) {
      session.view.range = null;
      session.view.playhead = playhead;
    } else if (range) session.view.range = range;
  }

  /** Whether a finding is about a part of the matrix, or counted instances that can be listed. */
  hasInstances({ actual, predicted, link }: Finding): boolean {
    return actual !== null || predicted !== null || fromLink(link).instanceFilters.length > 0;
  }

  /** Lists the instances that a finding counted; else all of its cell, or the wrong ones of a class that lost recall. */
  filterInstances({ link, kind, actual, predicted, effect, epochs }: Finding): void {
    const { session } = this;
    const { view } = session;
    const { instanceFilters } = fromLink(link);
    Object.assign(view, { instanceFilters, instanceSearch: "", passing: "ever", lasso: [] });
    const isLoss = actual !== null && predicted === null && (effect ?? 0) < 0;
    if (!isLoss || instanceFilters.length) return;
    session.select({ kind: "fn", class: actual });
    if (view.align === "epoch" && epochs && FALLS.includes(kind))
      view.range = [epochs[0], session.extent[1]];
  }
}
