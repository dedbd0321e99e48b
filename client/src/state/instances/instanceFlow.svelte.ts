import type { TreeNode } from "../../compute/classes/tree";
import type { DataSource, SeriesFlow } from "../../source/source";
import { membersOf } from "./instanceRequest";
import { Latest } from "../latest.svelte";
import { refOf, type LeafSeries } from "../series/series";
import type { Selection, ViewState } from "../view";

/** The part of a session that the flow reads. */
interface FlowContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly selection: Selection;
  readonly range: [number, number];
  readonly groups: { readonly nodes: ReadonlyMap<string, TreeNode> };
}

/** What the instances of the selected class or group are taken for over the epochs. */
export class InstanceFlow {
  private readonly latest = new Latest<SeriesFlow>();

  constructor(
    private readonly session: FlowContext,
    private readonly series: () => LeafSeries | null,
  ) {}

  /** The class or group whose instances flow, or null if nothing is selected. */
  readonly subject: string | null = $derived.by(() => {
    const { selection } = this.session;
    if (selection.kind === "accuracy") return null;
    return selection.kind === "cell" ? selection.actual : selection.class;
  });

  /** Whether the flow is to be shown. */
  readonly isOpen: boolean = $derived.by(() => {
    const { view } = this.session;
    return view.flow && view.align === "epoch" && this.subject !== null;
  });

  readonly value: SeriesFlow | null = $derived.by(() => this.latest.value);

  /** What the flow depends on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { view, range } = this.session;
    const series = this.series();
    return JSON.stringify(
      view.flow && [this.subject, series?.key, series?.lines.data.version, range],
    );
  });

  async look(): Promise<void> {
    const { range, source, groups } = this.session;
    const series = this.series();
    const actual = this.isOpen && series ? membersOf(this.subject!, groups) : null;
    await this.latest.look(
      this.key,
      actual && (() => source.flow({ series: refOf(series!), actual, epochs: range })),
    );
  }
}
