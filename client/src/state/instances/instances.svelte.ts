import { takenFor, type Predicted, type TakenFor } from "../../compute/instances/takenFor";
import type { TreeNode } from "../../compute/classes/tree";
import type {
  DataSource,
  InstanceContrasts,
  InstanceList as InstanceAnswer,
  InstanceRow,
} from "../../source/source";
import { ChosenInstances } from "./chosenInstances.svelte";
import { InstanceFlow } from "./instanceFlow.svelte";
import { InstanceList } from "./instanceList.svelte";
import { cellsOf, listRequest } from "./instanceRequest";
import { Latest } from "../latest.svelte";
import { keyOf, refOf, type LeafSeries, type Splits } from "../series/series";
import type { Listed, Selection, ViewState } from "../view";

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
  readonly chosen: ChosenInstances;
  readonly flow: InstanceFlow;
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
    this.chosen = new ChosenInstances(session, () => this);
    this.flow = new InstanceFlow(session, first);
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

  /** The colours of what instances are taken for: in the first rows of the lists, the detail and the flow. */
  readonly colors: TakenFor = $derived.by(() => {
    const flow: Predicted[] = (this.flow.value?.predicted ?? []).map((predicted, at) => ({
      actual: -1,
      strip: [predicted, this.flow.value!.counts[at].reduce((sum, count) => sum + count, 0)],
    }));
    return takenFor([
      ...(this.list.answer?.rows ?? []),
      ...(this.beside.answer?.rows ?? []),
      ...(this.chosen.detail?.paths ?? []),
      ...flow,
    ]);
  });
}
