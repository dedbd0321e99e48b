import { aggregate } from "../compute/classes/aggregate";
import type { TimeAxis } from "../compute/time/axis";
import { arrange, matchClasses, unionOf } from "../compute/classes/classes";
import type { SeriesData } from "../compute/series/data";
import { extentOf, strideOf } from "../compute/time/epochs";
import { formatCount } from "../compute/text/format";
import { Lines, type Values } from "../compute/series/lines";
import { newestShown } from "../compute/time/newest";
import { WHOLE } from "../compute/time/share";
import { classesOf, isGroup } from "../compute/classes/tree";
import type { Mode } from "../plots/matrix/scene";
import type { DataSource, SeriesRef } from "../source/source";
import { Comparison } from "./series/comparison.svelte";
import { Features } from "./features/features.svelte";
import { Findings } from "./findings/findings.svelte";
import { Groups } from "./classes/groups.svelte";
import { Instances } from "./instances/instances.svelte";
import type { Leaving } from "./leaving";
import { fromLink, toLink } from "./link";
import { Loader } from "./loader.svelte";
import { noticesOf } from "./notices";
import { pageStateOf, type PageState } from "./pageState";
import { Playback } from "./playback.svelte";
import { Scalars } from "./scalars.svelte";
import { Scales } from "./scales.svelte";
import {
  keyOf,
  labeller,
  splitsByKey,
  withSeries,
  type LeafSeries,
  type ShownSeries,
} from "./series/series";
import {
  INITIAL_VIEW,
  type ChosenSeries,
  type OrderName,
  type Selection,
  type ViewState,
} from "./view";

/**
 * What one client knows and shows: the source's runs, the data of the chosen series, and the view.
 * Data flows one way: source → session → charts; charts change only the view.
 */
export class Session {
  view: ViewState = $state({ ...INITIAL_VIEW });
  /** The epoch under the pointer, in whichever chart it is; null: none. */
  hoverEpoch = $state<number | null>(null);
  /** What the page says after a copy or a download; null: nothing. */
  leaving = $state.raw<Leaving | null>(null);
  /** Key of the series whose chip is under the pointer: charts fade the others. null: none. */
  pointedSeries = $state<string | null>(null);

  /** Key of the series whose numbers are shown if there is room for only one: the pointer was last on its chip. */
  numbersOf = $state<string | null>(null);

  /** Whether no series were chosen: then the newest run is shown, and its splits as they appear. */
  followsNewest: boolean;

  readonly loader: Loader = new Loader(this);
  readonly groups: Groups = new Groups(this);
  readonly comparison: Comparison = new Comparison(this);
  readonly playback: Playback = new Playback(this);
  readonly scales: Scales = new Scales(this);
  readonly findings: Findings = new Findings(this);
  readonly scalars: Scalars = new Scalars(this);
  readonly instances: Instances = new Instances(this);
  readonly features: Features = new Features(this);

  constructor(
    readonly source: DataSource,
    link = "",
    /** The page without a view; null if a link to it would lead nowhere. */
    readonly pageUrl: string | null = null,
  ) {
    this.view = fromLink(link);
    this.followsNewest = this.view.series === null;
  }

  /** Shows what the source has, and follows what is new. Resolves after the first reading. */
  start(): Promise<void> {
    return this.loader.start();
  }

  stop(): void {
    this.loader.stop();
    this.playback.stop();
  }

  /** Chosen series whose data is here, in the order in which they were chosen, with all their classes. */
  readonly leaves: LeafSeries[] = $derived.by(() => {
    const chosen = (this.view.series ?? []).filter((s) => this.loader.lines.has(keyOf(s)));
    const label = labeller(
      chosen.map((s) => this.loader.lines.get(keyOf(s))!),
      this.splits,
    );
    return chosen.map((s) => {
      const lines = this.loader.lines.get(keyOf(s))!;
      return {
        ...s,
        key: keyOf(s),
        label: label(lines),
        lines,
        epochs: lines.data.epochs,
        stride: strideOf(lines.data.epochs),
        classIndex: matchClasses(this.leafClasses, lines.data.classes).index,
      };
    });
  });

  /** The same series with the counts of closed groups added up. */
  private readonly grouped: ShownSeries[] = $derived.by(() => {
    const {
      classes,
      groups: { rows },
    } = this;
    if (!rows) return this.leaves;
    const apart = rows.every((row) => !isGroup(row));
    const members = apart ? [] : rows.map((row) => ({ name: row.name, classes: classesOf(row) }));
    return this.leaves.map((s) => {
      const lines = apart ? s.lines : new Lines(aggregate(s.lines.data, members));
      return { ...s, lines, classIndex: matchClasses(classes, lines.data.classes).index };
    });
  });

  /** Series aligned and folded, before the baseline is subtracted; and the baseline. */
  readonly aligned: ShownSeries[] = $derived(this.comparison.fold(this.grouped));
  readonly baseline: ShownSeries | null = $derived(this.comparison.baselineOf(this.aligned));
  /** What the matrix and its charts show. */
  readonly series: ShownSeries[] = $derived(
    this.baseline ? this.comparison.compare(this.aligned) : this.aligned,
  );

  /** The position of `numbersOf` among the shown series; the first if it is not shown. */
  readonly numbersIndex: number = $derived(
    Math.max(
      0,
      this.series.findIndex(({ key }) => key === this.numbersOf),
    ),
  );

  /** All runs and splits of the log directory, by key. */
  readonly splits = $derived(splitsByKey(this.loader.runList?.runs ?? []));

  readonly data: SeriesData[] = $derived(
    (this.view.series ?? []).flatMap((s) => this.loader.lines.get(keyOf(s))?.data ?? []),
  );

  /** Classes of all chosen series, by name, in declared order. */
  readonly allClasses: string[] = $derived(unionOf(this.data.map((data) => data.classes)));

  /** The class of detectors that stands for "no object"; null if no series is of one. */
  readonly background: string | null = $derived(
    this.data.find(({ background }) => background)?.background ?? null,
  );

  /** Classes that are not hidden, in order, whatever group they are in. */
  readonly leafClasses: string[] = $derived(
    arrange(
      this.allClasses,
      this.view.order.length ? this.view.order : (this.groups.classTree?.classes ?? []),
      new Set(this.view.hidden),
      this.background,
    ),
  );

  /** Classes and closed groups on the screen, in order. */
  readonly classes: string[] = $derived(
    this.groups.rows?.map(({ name }) => name) ?? this.leafClasses,
  );
  readonly isGroup: boolean[] = $derived(this.groups.rows?.map(isGroup) ?? []);
  /**
   * The same as they are written beside the matrix: a closed group has a triangle, and the number of its shown
   * classes.
   */
  readonly labels: string[] = $derived(
    this.groups.rows?.map((row) =>
      isGroup(row) ? `▸ ${row.name} (${formatCount(row.size)})` : row.name,
    ) ?? this.leafClasses,
  );

  /** First and last epoch of all chosen series. */
  readonly extent: [number, number] = $derived.by(() => {
    if (this.view.align === "share") return [0, WHOLE];
    const extent = extentOf(this.data.map((data) => data.epochs));
    return extent ? [extent[0], Math.max(extent[0], this.newest)] : [0, 0];
  });

  private readonly newest: number = $derived.by(() => {
    const running = (this.loader.runList?.runs ?? []).filter(({ state }) => state === "running");
    return newestShown(this.data, new Set(running.map(({ id }) => id)));
  });

  /** First and last epoch that charts show. */
  readonly range: [number, number] = $derived.by(() => {
    const { range } = this.view;
    if (!range) return this.extent;
    const first = Math.max(range[0], this.extent[0]);
    const last = Math.min(range[1], this.extent[1]);
    return first <= last ? [first, last] : this.extent;
  });

  /** The range, or null if it is all epochs. */
  readonly chosenRange: [number, number] | null = $derived(this.view.range && this.range);

  /** For how long an epoch of the finest series stands; the last epoch of a strip is this wide. */
  readonly stride: number = $derived(Math.min(...this.series.map((s) => s.stride), Infinity) || 1);

  /** The chosen epoch, else the newest. */
  readonly playhead: number = $derived(clamp(this.view.playhead ?? Infinity, this.range));
  /** The epoch whose values are shown: the one under the pointer, else the playhead. */
  readonly epoch: number = $derived(this.hoverEpoch ?? this.playhead);
  /** The epoch to mark in every cell; null while the newest is followed, which is at the edge anyway. */
  readonly markedEpoch: number | null = $derived(
    this.hoverEpoch ?? (this.view.playhead === null ? null : this.playhead),
  );

  /** How cells are shown: as chosen, else as numbers if there is only one epoch. */
  readonly mode: Mode = $derived(
    this.view.mode ??
      (this.aligned.length && this.aligned.every((s) => s.epochs.length === 1)
        ? "numbers"
        : "heat"),
  );

  readonly timeUnit: string = $derived(this.data[0]?.timeUnit ?? "epoch");
  readonly axis: TimeAxis = $derived({ unit: this.timeUnit, isShare: this.view.align === "share" });

  readonly selection: Selection = $derived.by(() => {
    const { selection } = this.view;
    const known = new Set([...this.allClasses, ...this.groups.nodes.keys()]);
    if (selection.kind === "accuracy") return selection;
    const names =
      selection.kind === "cell" ? [selection.actual, selection.predicted] : [selection.class];
    return names.every((name) => known.has(name)) ? selection : { kind: "accuracy" };
  });

  readonly state: PageState = $derived(pageStateOf(this));

  /** What the user must know about the shown data, in sentences. */
  readonly notices: string[] = $derived(noticesOf(this));

  isShown(ref: SeriesRef): boolean {
    return (this.view.series ?? []).some((s) => keyOf(s) === keyOf(ref));
  }

  /** Shows a series in the first colour that no shown series has. */
  add(...refs: SeriesRef[]): void {
    this.choose(withSeries(this.view.series ?? [], refs));
  }

  /** Shows these series and no others; those of them that are shown keep their colours. */
  showOnly(...refs: SeriesRef[]): void {
    const keys = new Set(refs.map(keyOf));
    this.choose(
      withSeries(
        (this.view.series ?? []).filter((s) => keys.has(keyOf(s))),
        refs,
      ),
    );
  }

  remove(...refs: SeriesRef[]): void {
    const keys = new Set(refs.map(keyOf));
    this.choose((this.view.series ?? []).filter((s) => !keys.has(keyOf(s))));
  }

  private choose(series: ChosenSeries[]): void {
    this.followsNewest = false;
    this.view.series = this.comparison.colored(series);
    void this.loader.load();
  }

  /** Shows the view of a link, as after going back or pasting another one. */
  follow(link: string): void {
    const view = fromLink(link);
    const followed = view.series === null;
    // If the same run is followed already, it stays on the screen.
    if (followed && this.followsNewest && view.run === this.view.run)
      view.series = this.view.series;
    Object.assign(this.view, view);
    this.followsNewest = followed;
    this.orderings++;
    this.groups.forget();
    void this.groups.find(this.data).then(() => this.loader.load());
  }

  select(selection: Selection): void {
    this.view.selection = selection;
  }

  /** Chooses the epochs from one to another, in either order; choosing all of them clears the choice. */
  setRange(one: number, other: number): void {
    const first = Math.max(this.extent[0], Math.min(one, other));
    const last = Math.min(this.extent[1], Math.max(one, other));
    this.view.range = first === this.extent[0] && last === this.extent[1] ? null : [first, last];
  }

  /** The rates that were shown last. */
  rates: Exclude<Values, "count"> = $state("rate");

  /** Shows counts, or the rates that were shown before. */
  toggleCounts(): void {
    const { values } = this.view;
    if (values !== "count") this.rates = values;
    this.view.values = values === "count" ? this.rates : "count";
  }

  private orderings = 0;

  /**
   * Orders the classes, once, by the shown series and epochs. An answer is dropped if another order was chosen
   * since.
   */
  async orderBy(name: OrderName): Promise<void> {
    const ordering = ++this.orderings;
    try {
      const order =
        name === "declared"
          ? []
          : await this.source.order({ by: name, ...this.comparison.counted() });
      if (ordering === this.orderings) Object.assign(this.view, { order, orderName: name });
    } catch (error) {
      if (ordering === this.orderings) throw error;
    }
  }

  /** The URL of this view, or null if the page has none. */
  url(): string | null {
    return this.pageUrl && `${this.pageUrl}#${this.link()}`;
  }

  /** This view as the fragment of a link. */
  link(): string {
    return toLink(this.view);
  }
}

function clamp(value: number, [low, high]: [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
