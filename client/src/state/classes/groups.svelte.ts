import { unionOf } from "../../compute/classes/classes";
import { extentOf } from "../../compute/time/epochs";
import {
  bracketsOf,
  buildTree,
  cutOf,
  isGroup,
  nodesOf,
  openedToFit,
  pathTo,
  type Bracket,
  type ClassTree,
  type TreeNode,
} from "../../compute/classes/tree";
import type { DataSource, LiveState, TreeRequest } from "../../source/source";
import type { SeriesData } from "../../compute/series/data";
import { keyOf, refOf, type LeafSeries } from "../series/series";
import type { Grouping, ViewState } from "../view";

/** The part of a session that grouping reads, and the view in which it keeps choices. */
interface GroupsContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly data: readonly SeriesData[];
  readonly leaves: readonly LeafSeries[];
  readonly allClasses: readonly string[];
  readonly leafClasses: readonly string[];
  readonly classes: readonly string[];
  readonly loader: { readonly live: LiveState };
  readonly comparison: { counted(): TreeRequest };
}

/** More classes than these are shown in groups, unless the user chose otherwise. */
export const MOST_FLAT = 30;

/** The groups of a session's classes, and which of them the matrix shows. */
export class Groups {
  /** How many rows a matrix of groups has at most, unless the user opened groups. */
  rowsThatFit = $state(MOST_FLAT);

  /** The groups by similarity, what they were found in, and what the view asked for; null if there are none. */
  private found = $state.raw<{
    tree: ClassTree;
    of: TreeRequest;
    request: TreeRequest | null;
  } | null>(null);
  private asked = 0;

  constructor(private readonly session: GroupsContext) {}

  /** The groups in which the classes were declared, from the first series that has any. */
  readonly given: ClassTree | null = $derived.by(() => givenOf(this.session.data));

  /** How classes are grouped now. */
  readonly grouping: Grouping = $derived.by(() => {
    const { view, allClasses } = this.session;
    const wanted = view.grouping ?? usualGrouping(allClasses.length, this.given);
    const there = { none: true, given: this.given, similarity: this.found };
    return there[wanted] ? wanted : "none";
  });

  readonly classTree: ClassTree | null = $derived.by(
    () => ({ none: null, given: this.given, similarity: this.found?.tree ?? null })[this.grouping],
  );

  /** The top of the tree of classes; null if they are in no groups. */
  readonly tree: TreeNode | null = $derived.by(
    () => this.classTree && buildTree(this.classTree, this.session.leafClasses),
  );
  /** All classes and groups by name. */
  readonly nodes: ReadonlyMap<string, TreeNode> = $derived.by(
    () =>
      new Map(
        this.tree ? Array.from(nodesOf(this.tree), (node) => [node.name, node] as const) : [],
      ),
  );
  /** The group whose classes are shown: the top, or the one that is focused on. */
  readonly root: TreeNode | null = $derived.by(() => {
    const { focus } = this.session.view;
    const focused = focus === null ? null : this.nodes.get(focus);
    return focused && isGroup(focused) ? focused : this.tree;
  });
  /** Names of the open groups. */
  readonly opened: ReadonlySet<string> = $derived.by(
    () =>
      new Set(
        this.session.view.opened ?? (this.root ? openedToFit(this.root, this.rowsThatFit) : []),
      ),
  );
  /** Classes and closed groups, one for each row of the matrix; null if classes are in no groups. */
  readonly rows: TreeNode[] | null = $derived.by(() => this.root && cutOf(this.root, this.opened));
  readonly brackets: Bracket[] = $derived.by(() =>
    this.root && this.rows ? bracketsOf(this.root, this.rows) : [],
  );

  /**
   * What the groups were found in, if that is not what is shown now; else null. A report finds them in all its
   * data.
   */
  readonly foundInOthers: TreeRequest | null = $derived.by(() => {
    const { comparison, leaves, loader } = this.session;
    if (this.grouping !== "similarity" || loader.live === "static" || !this.found) return null;
    return sameCounts(this.found.of, comparison.counted(), leaves) ? null : this.found.of;
  });

  /**
   * Finds the groups that the view asks for. It does so once, so that they stay while epochs and series come and
   * go.
   */
  async find(data: readonly SeriesData[]): Promise<void> {
    const { view, source } = this.session;
    const { grouping, found: request } = view;
    const wanted =
      grouping ?? usualGrouping(unionOf(data.map(({ classes }) => classes)).length, givenOf(data));
    if (wanted !== "similarity" || !data.length) return;
    const known = new Set(this.found?.tree.classes);
    const isOfThese =
      request !== null || data.every(({ classes }) => classes.every((name) => known.has(name)));
    if (this.found && isOfThese && JSON.stringify(this.found.request) === JSON.stringify(request))
      return;
    const { asked } = this;
    const all = {
      series: data.map(refOf),
      epochs: extentOf(data.map(({ epochs }) => epochs)),
    };
    const of = request ?? all;
    try {
      const tree = await source.tree(of);
      if (asked === this.asked && request === view.found) this.found = { tree, of, request };
    } catch {
      // The classes are shown without groups then; if the user asks for groups again, an error says why.
    }
  }

  /**
   * Groups the classes; by similarity in the shown series and epochs. An answer is dropped if other groups were
   * asked for since.
   */
  async groupBy(grouping: Grouping): Promise<void> {
    const { view, source, comparison } = this.session;
    const asked = ++this.asked;
    const request = comparison.counted();
    try {
      const found =
        grouping === "similarity"
          ? { tree: await source.tree(request), of: request, request }
          : this.found;
      if (asked !== this.asked) return;
      this.found = found;
      Object.assign(view, {
        grouping,
        found: grouping === "similarity" ? request : null,
        opened: null,
        focus: null,
      });
    } catch (error) {
      if (asked === this.asked) throw error;
    }
  }

  /** Drops answers to earlier requests. */
  forget(): void {
    this.asked++;
  }

  /** Opens or closes groups; closing one closes all groups within it. */
  setOpen(open: boolean, ...names: string[]): void {
    const opened = new Set(this.opened);
    for (const name of names) {
      const node = this.nodes.get(name);
      if (!node || !isGroup(node)) continue;
      if (open) opened.add(name);
      else for (const one of [node, ...nodesOf(node)]) opened.delete(one.name);
    }
    this.session.view.opened = [...opened];
  }

  /** Shows the classes of one group alone, and opens it; null: all classes. */
  focusOn(name: string | null): void {
    this.session.view.focus = name;
  }

  /** Opens the groups on the way to classes or groups; leaves the focused group if they are not in it. */
  reveal(...names: string[]): void {
    if (!this.root) return;
    const { view } = this.session;
    const paths = names
      .map((name) => this.nodes.get(name))
      .filter((node) => node !== undefined)
      .map(pathTo);
    const focused = this.root === this.tree ? null : this.root;
    if (focused && !paths.every((path) => path.includes(focused))) view.focus = null;
    const closed = paths.flat().filter(({ name }) => !this.opened.has(name) && name !== view.focus);
    if (closed.length) this.setOpen(true, ...closed.map(({ name }) => name));
  }

  /** The row of a class or group, or of the closed group that it is in, or the first row within it; -1: none. */
  rowOf(name: string): number {
    const node = this.nodes.get(name);
    if (!this.rows || !node) return this.session.classes.indexOf(name);
    const at = this.rows.findIndex((row) => row === node || pathTo(node).includes(row));
    return at >= 0 ? at : this.rows.findIndex((row) => pathTo(row).includes(node));
  }
}

/** Whether two requests count the same logged epochs of the same series. */
function sameCounts(one: TreeRequest, other: TreeRequest, leaves: readonly LeafSeries[]): boolean {
  const logged = new Map(leaves.map(({ key, epochs }) => [key, extentOf([epochs])]));
  const written = ({ series, epochs }: TreeRequest) =>
    series
      .map((ref) => {
        const [first, last] = ref.epochs ?? epochs ?? [0, Infinity];
        const [from, to] = logged.get(keyOf(ref)) ?? [0, Infinity];
        return `${keyOf(ref)} ${Math.max(first, from)} ${Math.min(last, to)}`;
      })
      .sort()
      .join();
  return written(one) === written(other);
}

function givenOf(data: readonly SeriesData[]): ClassTree | null {
  return data.find(({ tree }) => tree)?.tree ?? null;
}

function usualGrouping(classCount: number, given: ClassTree | null): Grouping {
  if (classCount <= MOST_FLAT) return "none";
  return given ? "given" : "similarity";
}
