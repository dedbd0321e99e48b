import { SvelteMap } from "svelte/reactivity";

import type {
  DataSource,
  InstanceList as Answer,
  InstanceRow,
  InstancesRequest,
} from "../../source/source";
import { Latest } from "../latest.svelte";
import type { LeafSeries } from "../series/series";

/** How many rows are requested at once. */
const PAGE_ROWS = 100;

/** The instances of one series behind the selection, read page by page as they come into sight. */
export class InstanceList {
  private readonly first = new Latest<Answer>();
  private readonly pages = new SvelteMap<number, readonly InstanceRow[]>();
  private shown = "";

  constructor(
    private readonly session: { readonly source: DataSource },
    readonly series: () => LeafSeries | null,
    /** The request; null if there is nothing to list. */
    readonly request: () => InstancesRequest | null,
    /** The version of the series. */
    private readonly version: () => string | undefined,
  ) {}

  /** The first page, and the number of all instances; null until they are here. */
  readonly answer: Answer | null = $derived.by(() => this.first.value);
  readonly failure: string | null = $derived.by(() => this.first.failure);
  readonly isWaiting: boolean = $derived.by(() => this.first.isWaiting);
  /** What the answer says about the series; null until the answer is here. */
  readonly of = $derived.by(() => this.answer?.series[0] ?? null);
  readonly found: number = $derived.by(() => this.answer?.found ?? 0);
  readonly scores: readonly string[] = $derived.by(() => this.answer?.scores ?? []);
  /** What the list depends on; look again when it changes. */
  readonly key: string = $derived.by(() => JSON.stringify([this.request(), this.version()]));

  /** A row if it has been read. */
  row(at: number): InstanceRow | undefined {
    return this.pages.get(Math.floor(at / PAGE_ROWS))?.[at % PAGE_ROWS];
  }

  /** The position of an instance, or -1 if its row has not been read. */
  placeOf(instance: string | undefined): number {
    if (instance === undefined) return -1;
    for (const [at, row] of this.read()) if (row.instance === instance) return at;
    return -1;
  }

  /** All rows that have been read, with their positions. */
  private *read(): Generator<[number, InstanceRow]> {
    for (const [page, rows] of this.pages)
      for (const [at, row] of rows.entries()) yield [page * PAGE_ROWS + at, row];
  }

  /** Asks for the first page of the current selection. The shown rows stay until it is here. */
  async look(): Promise<void> {
    const [key, request] = [this.key, this.request()];
    const ask =
      request && (() => this.session.source.instances(request, { offset: 0, limit: PAGE_ROWS }));
    const answer = await this.first.look(key, ask);
    if (!answer) return;
    this.shown = key;
    this.pages.clear();
    this.pages.set(0, answer.rows);
  }

  /** Asks again after a failure. */
  async retry(): Promise<void> {
    this.first.forget();
    await this.look();
  }

  /** Asks for the rows from one to another that are not here yet. */
  async reach(from: number, end: number): Promise<void> {
    const [shown, request] = [this.shown, this.request()];
    // While another list is being loaded, rows of this one are not needed.
    if (!request || shown !== this.key) return;
    const wanted: Promise<void>[] = [];
    for (let page = Math.floor(from / PAGE_ROWS); page * PAGE_ROWS < end; page++)
      if (!this.pages.has(page)) wanted.push(this.readPage(page, request, shown));
    await Promise.all(wanted);
  }

  private async readPage(page: number, request: InstancesRequest, shown: string): Promise<void> {
    // It must not be requested twice.
    this.pages.set(page, []);
    try {
      const offset = page * PAGE_ROWS;
      const { rows } = await this.session.source.instances(request, { offset, limit: PAGE_ROWS });
      if (shown === this.shown) this.pages.set(page, rows);
    } catch {
      // The next scroll there asks again.
      if (shown === this.shown) this.pages.delete(page);
    }
  }

  /** The ids of all listed instances, in order. */
  async ids(): Promise<string[]> {
    const request = this.request();
    return request ? this.session.source.instanceIds(request) : [];
  }

  /** The whole list as CSV. */
  async table(): Promise<string> {
    return this.session.source.instanceTable(this.request()!);
  }
}
