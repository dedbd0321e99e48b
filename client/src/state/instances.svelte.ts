import { classesOf, type TreeNode } from "../compute/tree";
import type {
  DataSource,
  InstanceDetail,
  InstanceList,
  InstanceRow,
  InstancesRequest,
  SeriesRef,
} from "../source/source";
import { keyOf, type LeafSeries, type Splits } from "./series";
import type { Selection, ViewState } from "./view";

/** Rows that are asked for at once. */
export const PAGE_ROWS = 100;
/** As many series are asked what they predicted for one instance. */
const MOST_SERIES = 64;

/** What instances read of a session. */
interface InstancesContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly selection: Selection;
  readonly range: [number, number];
  readonly groups: { readonly nodes: ReadonlyMap<string, TreeNode> };
}

/** The instances behind what is selected: of one series, page by page as they come into sight. */
export class Instances {
  /** The first page, and how many there are; null until they were asked for. */
  list = $state.raw<InstanceList | null>(null);
  rows = $state.raw<ReadonlyMap<number, InstanceRow>>(new Map());
  /** The chosen instance in every series that knows it. */
  detail = $state.raw<InstanceDetail | null>(null);
  failure = $state<string | null>(null);
  search = $state("");
  private asked = "";
  private askedDetail = "";
  private readonly pages = new Set<number>();

  constructor(private readonly session: InstancesContext) {}

  /** The series whose instances are listed: the chosen one, else the last that is shown. */
  readonly series: LeafSeries | null = $derived.by(() => {
    const { leaves, view } = this.session;
    const chosen = view.listed && leaves.find(({ key }) => key === keyOf(view.listed!));
    return chosen || (leaves.at(-1) ?? null);
  });

  /** What is asked for, without the page of it; null while no series is shown. */
  readonly request: Omit<InstancesRequest, "offset" | "limit"> | null = $derived.by(() => {
    const { view, range } = this.session;
    if (!this.series || view.align !== "epoch") return null;
    const { column, descending } = view.instanceSort;
    return {
      series: { runId: this.series.runId, splitId: this.series.splitId },
      ...this.cells,
      epochs: range,
      passing: view.passing,
      search: this.search,
      sort: column,
      descending,
    };
  });

  private readonly cells: Pick<InstancesRequest, "actual" | "predicted" | "only"> = $derived.by(
    () => {
      const { selection } = this.session;
      switch (selection.kind) {
        case "accuracy":
          return { actual: null, predicted: null, only: "wrong" };
        case "cell":
          return {
            actual: this.members(selection.actual),
            predicted: this.members(selection.predicted),
            only: "all",
          };
        case "fn":
          return { actual: this.members(selection.class), predicted: null, only: "wrong" };
        case "fp":
        case "precision":
          return { actual: null, predicted: this.members(selection.class), only: "wrong" };
        default:
          return { actual: this.members(selection.class), predicted: null, only: "all" };
      }
    },
  );

  private members(name: string): readonly string[] {
    const node = this.session.groups.nodes.get(name);
    return node ? classesOf(node) : [name];
  }

  /** What a list depends on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { splits } = this.session;
    const version = this.series && splits.get(this.series.key)?.split.version;
    return JSON.stringify([this.request, version]);
  });

  /** Asks for the first page of what is selected now. What is shown stays until it comes. */
  async look(): Promise<void> {
    const { key, request } = this;
    if (!request || key === this.asked) return;
    this.asked = key;
    this.pages.clear();
    this.pages.add(0);
    try {
      const list = await this.session.source.instances({
        ...request,
        offset: 0,
        limit: PAGE_ROWS,
      });
      if (key !== this.asked) return;
      this.list = list;
      this.rows = new Map(list.rows.map((row, index) => [index, row]));
      this.failure = null;
    } catch (error) {
      if (key === this.asked) this.failure = (error as Error).message;
    }
  }

  /** Asks for the rows from one to another that are not here yet. */
  async reach(first: number, end: number): Promise<void> {
    const { asked, request } = this;
    if (!request) return;
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < end; page++) {
      if (this.pages.has(page)) continue;
      this.pages.add(page);
      const offset = page * PAGE_ROWS;
      const more = await this.session.source.instances({ ...request, offset, limit: PAGE_ROWS });
      if (asked !== this.asked) return;
      this.rows = new Map([
        ...this.rows,
        ...more.rows.map((row, index) => [offset + index, row] as const),
      ]);
    }
  }

  /** Ids of all that are listed, in order. */
  async ids(): Promise<string[]> {
    const { request, list } = this;
    const ids: string[] = [];
    while (request && list && ids.length < list.found) {
      const { rows } = await this.session.source.instances({
        ...request,
        offset: ids.length,
        limit: 2 * PAGE_ROWS,
      });
      if (!rows.length) break;
      ids.push(...rows.map(({ instance }) => instance));
    }
    return ids;
  }

  /** What the chosen instance's detail depends on; look again when it changes. */
  readonly detailKey: string = $derived.by(() => {
    const { view, range } = this.session;
    return JSON.stringify([view.instance, this.series?.key, range, this.related.map(keyOf)]);
  });

  /** Series of the same split: those that are shown first, then the newest runs. */
  private readonly related: SeriesRef[] = $derived.by(() => {
    const { splits, leaves } = this.session;
    const name = this.series && splits.get(this.series.key)?.split.name;
    const shown = new Set(leaves.map(({ key }) => key));
    return [...splits.entries()]
      .filter(([, { split }]) => split.name === name)
      .reverse()
      .sort(([a], [b]) => Number(shown.has(b)) - Number(shown.has(a)))
      .slice(0, MOST_SERIES)
      .map(([, { run, split }]) => ({ runId: run.id, splitId: split.id }));
  });

  /** Asks what became of the chosen instance in each series. */
  async lookAtOne(): Promise<void> {
    const { detailKey: key, related } = this;
    const { view, range, source } = this.session;
    if (key === this.askedDetail) return;
    this.askedDetail = key;
    if (view.instance === null) {
      this.detail = null;
      return;
    }
    try {
      const detail = await source.instance({ id: view.instance, series: related, epochs: range });
      if (key === this.askedDetail) this.detail = detail;
    } catch (error) {
      if (key === this.askedDetail) this.failure = (error as Error).message;
    }
  }
}
