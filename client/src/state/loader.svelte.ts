import type { SeriesData } from "../compute/series/data";
import { Lines } from "../compute/series/lines";
import {
  SourceError,
  type DataSource,
  type LiveState,
  type RunList,
  type SeriesRef,
} from "../source/source";
import { firstSeries, keyOf, splitsByKey } from "./series/series";
import type { ChosenSeries, ViewState } from "./view";

/** The part of a session that loading needs. */
interface LoaderContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly followsNewest: boolean;
  readonly groups: { find(data: readonly SeriesData[]): Promise<void> };
}

/** What was read from a session's source, kept up to date: its runs and the chosen series. */
export class Loader {
  runList = $state.raw<RunList | null>(null);
  /** The chosen series that are here, by key. */
  lines = $state.raw<ReadonlyMap<string, Lines>>(new Map());
  live = $state<LiveState>("reconnecting");
  /** Why the last attempt to read failed, or null. */
  failure = $state.raw<SourceError | null>(null);

  private stopWatching: () => void = () => {};
  private refreshing = false;
  private again = false;

  constructor(private readonly session: LoaderContext) {}

  /**
   * Reads the runs, picks a start if the link names none, and follows what is new. Resolves after the first
   * reading.
   */
  async start(): Promise<void> {
    let stopped = false;
    this.stopWatching = () => (stopped = true);
    await this.refresh();
    if (stopped) return;
    // Listening starts a worker, which would delay the first paint; it begins by reading again.
    this.stopWatching = this.session.source.watch(
      () => void this.refresh(),
      (live) => (this.live = live),
    );
  }

  stop(): void {
    this.stopWatching();
  }

  /** Reads what changed since the last time. One at a time; a call meanwhile makes it run once more. */
  async refresh(): Promise<void> {
    if (this.refreshing) {
      this.again = true;
      return;
    }
    this.refreshing = true;
    try {
      const runs = withDirectories(await this.session.source.runs());
      this.failure = null;
      if (this.session.followsNewest) this.showFirst(runs);
      // The names of the first series are shown before their data.
      this.runList ??= runs;
      const failure = await this.read(runs);
      this.runList = runs;
      if (failure) throw failure;
    } catch (error) {
      this.failure = error instanceof SourceError ? error : new SourceError(String(error));
    } finally {
      this.refreshing = false;
      if (this.again) {
        this.again = false;
        void this.refresh();
      }
    }
  }

  /** Reads the chosen series that are missing or out of date. Called when the choice changes. */
  async load(): Promise<void> {
    if (this.runList) await this.refresh();
  }

  /**
   * Shows the splits of the newest run, or of the view's. If they are the same as before, nothing changes and
   * nothing is drawn again.
   */
  private showFirst(runs: RunList): void {
    const { view } = this.session;
    const first = firstSeries(runs, view.run);
    const keys = (series: ChosenSeries[] | null) => series?.map(keyOf).join();
    if (keys(first) !== keys(view.series)) view.series = first;
  }

  /** Reads what is out of date; returns why a series could not be read, if one could not. */
  private async read(runs: RunList): Promise<unknown> {
    const { source, view, groups } = this.session;
    const splits = splitsByKey(runs.runs);
    const wanted = (view.series ?? []).filter((s) => splits.has(keyOf(s)));
    const versionOf = (ref: SeriesRef) => splits.get(keyOf(ref))!.split.version;
    // The series may be older or newer than the list: only its own version tells.
    const stale = wanted.filter((s) => this.lines.get(keyOf(s))?.data.version !== versionOf(s));
    const read = await Promise.allSettled(stale.map((s) => source.series(s)));
    const next = new Map(
      wanted.flatMap((s) => {
        const lines = this.lines.get(keyOf(s));
        return lines ? [[keyOf(s), lines] as const] : [];
      }),
    );
    for (const one of read)
      if (one.status === "fulfilled") next.set(keyOf(one.value), new Lines(one.value));
    if (!read.length && next.size === this.lines.size) return null;
    await groups.find([...next.values()].map(({ data }) => data));
    this.lines = next;
    return read.find((one) => one.status === "rejected")?.reason ?? null;
  }
}

/** If several log directories are shown, a run's directory tells it apart as its config does. */
function withDirectories(list: RunList): RunList {
  if (list.runs.every(({ directory }) => directory === null)) return list;
  const runs = list.runs.map((run) => ({
    ...run,
    config: { directory: run.directory, ...run.config },
  }));
  return { ...list, runs };
}
