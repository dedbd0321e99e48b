import { passedCells, type PassedCell } from "../compute/passed";
import { takenFor, type Predicted, type TakenFor } from "../compute/takenFor";
import type { TreeNode } from "../compute/tree";
import type {
  DataSource,
  InstanceContrasts,
  InstanceDetail,
  InstanceList as InstanceAnswer,
  InstancePath,
  InstanceRow,
  SeriesFlow,
  SeriesRef,
} from "../source/source";
import { InstanceList } from "./instanceList.svelte";
import { cellsOf, listRequest, membersOf } from "./instanceRequest";
import { Latest } from "./latest.svelte";
import { MOST_CHOSEN } from "./link";
import { keyOf, refOf, type LeafSeries, type Splits } from "./series";
import type { Listed, Selection, ViewState } from "./view";

/** How many series at most are asked about one instance. */
const MOST_SERIES = 64;
/** How many instances a cell's tooltip shows. */
const TYPICAL = 3;

/** The part of a session that instances read. */
interface InstancesContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly selection: Selection;
  readonly range: [number, number];
  readonly groups: { readonly nodes: ReadonlyMap<string, TreeNode> };
}

/** The instances behind the selection: lists of them, the chosen ones, and their flow. */
export class Instances {
  /** The list of the chosen series, and that of the series beside it. */
  readonly list: InstanceList;
  readonly beside: InstanceList;
  private readonly flowOf = new Latest<SeriesFlow>();
  private readonly details = new Latest<readonly InstanceDetail[]>();
  private readonly contrastsOf = new Latest<InstanceContrasts>();
  private readonly typicalOf = new Latest<InstanceAnswer>();

  constructor(private readonly session: InstancesContext) {
    const listOf = (own: () => LeafSeries | null, other: () => LeafSeries | null) =>
      new InstanceList(
        session,
        own,
        () => listRequest(session, own(), other()),
        () => session.splits.get(own()?.key ?? "")?.split.version,
      );
    const [first, second] = [() => this.series, () => this.otherSeries];
    this.list = listOf(first, second);
    this.beside = listOf(second, first);
  }

  /** The series whose instances are listed: the chosen one, else the last shown one. */
  readonly series: LeafSeries | null = $derived.by(() => {
    const { leaves, view } = this.session;
    const chosen = view.listed && leaves.find(({ key }) => key === keyOf(view.listed!));
    return chosen || (leaves.at(-1) ?? null);
  });

  /** The series that is compared with it, or null. */
  readonly otherSeries: LeafSeries | null = $derived.by(() => {
    const { leaves, view } = this.session;
    const other = view.beside && leaves.find(({ key }) => key === keyOf(view.beside!));
    return other && other !== this.series ? other : null;
  });

  /** What listed instances have in common. */
  readonly listed: Listed = $derived.by(() => {
    const { view, selection } = this.session;
    return view.lasso.length ? "lasso" : selection.kind;
  });

  /** Asks for what is listed now. */
  async look(): Promise<void> {
    await Promise.all([this.list.look(), this.beside.look()]);
  }

  // ---- what sets them apart, and what is typical ----------------------------------------------

  /** The columns in which listed instances differ most from the right ones of their classes. */
  readonly contrasts: InstanceContrasts["contrasts"] = $derived.by(
    () => this.contrastsOf.value?.contrasts ?? [],
  );

  async lookAtContrasts(): Promise<void> {
    const { source } = this.session;
    const request = this.list.request();
    const ask = request && this.list.found ? () => source.instanceContrasts(request) : null;
    await this.contrastsOf.look(JSON.stringify([this.list.key, this.list.found > 0]), ask);
  }

  /** The instances that stay longest in the cell that was last asked about; empty until they are here. */
  readonly typical: readonly InstanceRow[] = $derived.by(() => this.typicalOf.value?.rows ?? []);
  private readonly unknown = new Set<string>();

  /** Asks for the typical instances of a part of the matrix; null for none. */
  async lookAtTypical(selection: Selection | null): Promise<void> {
    const { series } = this;
    const { view, range, source, groups } = this.session;
    const version = series && `${series.key} ${series.lines.data.version}`;
    const isAsked = selection && series && view.align === "epoch" && !this.unknown.has(version!);
    const ask = () =>
      source.instances(
        {
          series: refOf(series!),
          ...cellsOf(selection!, groups),
          ...{ epochs: range, passing: "ever", search: "", where: [], lasso: [], without: null },
          ...{ sort: "share", descending: true },
        },
        { offset: 0, limit: TYPICAL },
      );
    // Instances that are typical of another cell are not typical of this one.
    await this.typicalOf.look("", null);
    const answer = await this.typicalOf.look(
      JSON.stringify([selection, version, range]),
      isAsked ? ask : null,
    );
    if (answer?.series[0]?.reason) this.unknown.add(version!);
  }

  // ---- flow ----------------------------------------------------------------------------------

  /** The class or group whose instances flow, or null if nothing is selected. */
  readonly flowing: string | null = $derived.by(() => {
    const { selection } = this.session;
    if (selection.kind === "accuracy") return null;
    return selection.kind === "cell" ? selection.actual : selection.class;
  });
  /** Whether their flow is asked for. */
  readonly isFlowing: boolean = $derived.by(() => {
    const { view } = this.session;
    return view.flow && view.align === "epoch" && this.flowing !== null;
  });
  readonly flow: SeriesFlow | null = $derived.by(() => this.flowOf.value);

  readonly flowKey: string = $derived.by(() => {
    const { view, range } = this.session;
    return JSON.stringify(
      view.flow && [this.flowing, this.series?.key, this.series?.lines.data.version, range],
    );
  });

  async lookAtFlow(): Promise<void> {
    const { flowing, series, flowKey } = this;
    const { range, source, groups } = this.session;
    const actual = this.isFlowing && series ? membersOf(flowing!, groups) : null;
    await this.flowOf.look(
      flowKey,
      actual && (() => source.flow({ series: refOf(series!), actual, epochs: range })),
    );
  }

  // ---- chosen ones ---------------------------------------------------------------------------

  /** Chooses an instance alone, or together with the chosen ones; if it was chosen, removes it. */
  choose(id: string, together = false): void {
    const { view } = this.session;
    const others = view.chosen.filter((each) => each !== id);
    const was = others.length < view.chosen.length;
    if (together) view.chosen = was ? others : [...others, id].slice(-MOST_CHOSEN);
    else view.chosen = was && !others.length ? [] : [id];
  }

  isChosen(id: string): boolean {
    return this.session.view.chosen.includes(id);
  }

  /** The position in the list of the instance that is looked at, or -1 if its row has not been read. */
  readonly place: number = $derived.by(() => this.list.placeOf(this.session.view.chosen.at(-1)));

  /** Looks at another instance, so many positions further in the list. */
  async step(by: number): Promise<void> {
    const next = Math.min(this.list.found - 1, Math.max(0, this.place + by));
    await this.list.reach(next, next + 1);
    const row = this.list.row(next);
    if (row) this.session.view.chosen = [row.instance];
  }

  /** The instance that is looked at, in every series that has it; null for none. */
  readonly detail: InstanceDetail | null = $derived.by(() => {
    const detail = this.details.value?.at(-1);
    return detail?.paths.length ? detail : null;
  });
  readonly failure: string | null = $derived.by(() => this.details.failure);

  /** Whether an instance is looked at; it takes the place of the detail chart. */
  readonly isOpen: boolean = $derived.by(() => {
    const { view } = this.session;
    return view.tab === "instances" && view.align === "epoch" && this.detail !== null;
  });

  /** What the details depend on; look again when it changes. */
  readonly detailKey: string = $derived.by(() => {
    const { view, range } = this.session;
    return JSON.stringify([
      view.chosen,
      range,
      this.related.map(keyOf),
      this.series?.lines.data.version,
    ]);
  });

  /** Series of the same split: the listed one, those that are shown, then the newest runs. */
  private readonly related: SeriesRef[] = $derived.by(() => {
    const { splits, leaves } = this.session;
    const name = this.series && splits.get(this.series.key)?.split.name;
    const shown = new Set(leaves.map(({ key }) => key));
    const rank = (key: string) => (key === this.series?.key ? 2 : Number(shown.has(key)));
    return [...splits.entries()]
      .filter(([, { split }]) => split.name === name)
      .reverse()
      .sort(([a], [b]) => rank(b) - rank(a))
      .slice(0, MOST_SERIES)
      .map(([, { run, split }]) => ({ runId: run.id, splitId: split.id }));
  });

  /** Asks what each series predicted for the chosen instances. */
  async lookAtChosen(): Promise<void> {
    const { detailKey, related } = this;
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
    await this.details.look(detailKey, chosen.length && related.length ? ask : null);
  }

  /** What the listed series predicted for the chosen instances. */
  readonly chosenPaths: readonly InstancePath[] = $derived.by(() => {
    const { series } = this;
    if (!series || this.session.view.align !== "epoch") return [];
    return (this.details.value ?? []).flatMap(({ paths }) =>
      paths.filter(({ run_id, split_id }) => `${run_id}/${split_id}` === series.key),
    );
  });

  /** The cells that they pass through, by indices of the series' own classes. */
  readonly passed: readonly PassedCell[] = $derived.by(() =>
    passedCells(this.chosenPaths, this.session.range),
  );

  /** The colours of what instances are taken for: in the first rows of the lists, the detail and the flow. */
  readonly colors: TakenFor = $derived.by(() => {
    const flow: Predicted[] = (this.flow?.predicted ?? []).map((predicted, at) => ({
      actual: -1,
      strip: [predicted, this.flow!.counts[at].reduce((sum, count) => sum + count, 0)],
    }));
    return takenFor([
      ...(this.list.answer?.rows ?? []),
      ...(this.beside.answer?.rows ?? []),
      ...(this.detail?.paths ?? []),
      ...flow,
    ]);
  });
}
