import { passedCells, type PassedCell } from "../../compute/instances/passed";
import {
  seriesOf,
  type DataSource,
  type InstanceDetail,
  type InstancePath,
  type SeriesRef,
} from "../../source/source";
import type { InstanceList } from "./instanceList.svelte";
import { Latest } from "../latest.svelte";
import { MOST_CHOSEN } from "../link";
import { keyOf, type LeafSeries, type Splits } from "../series/series";
import type { ViewState } from "../view";

/** How many series at most are asked about one instance. */
const MOST_SERIES = 64;

/** The part of a session that chosen instances read. */
interface ChosenContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly range: [number, number];
}

/** The instances that are chosen from a list. The last one is looked at. */
export class ChosenInstances {
  private readonly latest = new Latest<readonly InstanceDetail[]>();

  /** @param listed the list that they are chosen from, and its series */
  constructor(
    private readonly session: ChosenContext,
    private readonly listed: () => {
      readonly list: InstanceList;
      readonly series: LeafSeries | null;
    },
  ) {}

  /** Chooses an instance alone, or together with the chosen ones; if it was chosen, removes it. */
  choose(id: string, together = false): void {
    const { view } = this.session;
    const others = view.chosen.filter((each) => each !== id);
    const was = others.length < view.chosen.length;
    if (together) view.chosen = was ? others : [...others, id].slice(-MOST_CHOSEN);
    else view.chosen = was && !others.length ? [] : [id];
  }

  has(id: string): boolean {
    return this.session.view.chosen.includes(id);
  }

  /** The position in the list of the instance that is looked at, or -1 if its row has not been read. */
  readonly place: number = $derived.by(() =>
    this.listed().list.placeOf(this.session.view.chosen.at(-1)),
  );

  /** Looks at the instance `by` positions further in the list, without leaving it. */
  async step(by: number): Promise<void> {
    const { list } = this.listed();
    const next = Math.min(list.found - 1, Math.max(0, this.place + by));
    await list.reach(next, next + 1);
    const row = list.row(next);
    if (row) this.session.view.chosen = [row.instance];
  }

  /** The instance that is looked at, in every series that has it; null for none. */
  readonly detail: InstanceDetail | null = $derived.by(() => {
    const detail = this.latest.value?.at(-1);
    return detail?.paths.length ? detail : null;
  });
  readonly failure: string | null = $derived.by(() => this.latest.failure);

  /** Whether an instance is looked at; it takes the place of the detail chart. */
  readonly isOpen: boolean = $derived.by(() => {
    const { view } = this.session;
    return view.tab === "instances" && view.align === "epoch" && this.detail !== null;
  });

  /** What the detail depends on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { view, range } = this.session;
    return JSON.stringify([
      view.chosen,
      range,
      this.related.map(keyOf),
      this.listed().series?.lines.data.version,
    ]);
  });

  /** Series of the same split: the listed one, those that are shown, then the newest runs. */
  private readonly related: SeriesRef[] = $derived.by(() => {
    const { splits, leaves } = this.session;
    const { series } = this.listed();
    const name = series && splits.get(series.key)?.split.name;
    const shown = new Set(leaves.map(({ key }) => key));
    const rank = (key: string) => (key === series?.key ? 2 : Number(shown.has(key)));
    return [...splits.entries()]
      .filter(([, { split }]) => split.name === name)
      .reverse()
      .sort(([a], [b]) => rank(b) - rank(a))
      .slice(0, MOST_SERIES)
      .map(([, { run, split }]) => ({ runId: run.id, splitId: split.id }));
  });

  /** Asks what each series predicted for the chosen instances. */
  async look(): Promise<void> {
    const { key, related } = this;
    const { view, range, source } = this.session;
    const { chosen } = view;
    const ask = () =>
      Promise.all(
        chosen.map((id, at) =>
          // The listed series is enough, except for the instance that is looked at.
          source.instance({
            id,
            series: at === chosen.length - 1 ? related : related.slice(0, 1),
            epochs: range,
          }),
        ),
      );
    await this.latest.look(key, chosen.length && related.length ? ask : null);
  }

  /** What the listed series predicted for the chosen instances. */
  readonly paths: readonly InstancePath[] = $derived.by(() => {
    const { series } = this.listed();
    if (!series || this.session.view.align !== "epoch") return [];
    return (this.latest.value ?? []).flatMap(({ paths }) =>
      paths.filter((path) => keyOf(seriesOf(path)) === series.key),
    );
  });

  /** The cells that they pass through, by indices of the series' own classes. */
  readonly passed: readonly PassedCell[] = $derived.by(() =>
    passedCells(this.paths, this.session.range),
  );
}
