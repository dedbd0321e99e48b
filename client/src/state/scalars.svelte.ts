import { extentOf } from "../compute/time/epochs";
import type { Scalar, ScalarLine } from "../compute/series/scalar";
import { WHOLE } from "../compute/time/share";
import type { DataSource, ScalarValues } from "../source/source";
import type { LeafSeries } from "./series/series";
import type { ViewState } from "./view";

/** The most runs whose scalars are requested: each takes a request. */
const MOST_RUNS = 16;
/** The number of scalars that are shown until others are chosen. */
const SHOWN = 2;

/** The part of a session that scalars read. */
interface ScalarsContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly leaves: readonly LeafSeries[];
}

/** The scalars of the shown runs. */
export class Scalars {
  private found = $state.raw<ReadonlyMap<string, ScalarValues[]>>(new Map());
  /** For each run, the versions of its series when its scalars were requested. */
  private asked = new Map<string, string>();

  constructor(private readonly session: ScalarsContext) {}

  /** Asks for the scalars of the shown runs, if these have something new. */
  async look(): Promise<void> {
    const versions = new Map<string, string>();
    for (const { runId, lines } of this.session.leaves)
      versions.set(runId, `${versions.get(runId) ?? ""} ${lines.data.version}`);
    const stale = [...versions]
      .slice(0, MOST_RUNS)
      .filter(([runId, version]) => this.asked.get(runId) !== version);
    for (const [runId, version] of stale) this.asked.set(runId, version);
    const answers = await Promise.all(
      stale.map(async ([runId, version]) => {
        const isNewest = () => this.asked.get(runId) === version;
        try {
          const scalars = await this.session.source.scalars(runId);
          return isNewest() ? ([runId, scalars] as const) : null;
        } catch {
          // The page does without them; the next epoch asks again.
          if (isNewest()) this.asked.delete(runId);
          return null;
        }
      }),
    );
    const news = answers.filter((answer) => answer !== null);
    if (news.some(([runId, scalars]) => scalars.length || this.found.get(runId)?.length))
      this.found = new Map([...this.found, ...news]);
    this.forgetHidden();
  }

  /** Forgets the runs that are shown no more; they are asked again if they come back. */
  private forgetHidden(): void {
    const shown = new Set(this.session.leaves.map(({ runId }) => runId));
    for (const runId of this.asked.keys()) if (!shown.has(runId)) this.asked.delete(runId);
    if ([...this.found.keys()].some((runId) => !shown.has(runId)))
      this.found = new Map([...this.found].filter(([runId]) => shown.has(runId)));
  }

  /** All scalars of the shown runs, by name. */
  readonly all: Scalar[] = $derived.by(() => {
    const { leaves, view } = this.session;
    const byName = new Map<string, ScalarLine[]>();
    for (const runId of new Set(leaves.map((leaf) => leaf.runId))) {
      const own = leaves.filter((leaf) => leaf.runId === runId);
      const extent = extentOf(own.map(({ lines }) => lines.data.epochs));
      for (const { name, epochs, values } of this.found.get(runId) ?? []) {
        const kept = byName.get(name) ?? [];
        byName.set(name, kept);
        const [{ lines, color, stride }] = own;
        const line: ScalarLine = {
          label: lines.data.runName,
          color,
          epochs,
          stride,
          values: Float64Array.from(values, (value) => value ?? NaN),
        };
        const isShare = view.align === "share" && extent;
        kept.push(isShare ? { ...line, ...alongExtent(line, extent) } : line);
      }
    }
    return [...byName]
      .map(([name, lines]) => ({ name, lines }))
      .sort((a, b) => a.name.localeCompare(b.name));
  });

  /** The chosen scalars, else the first ones. */
  readonly shown: Scalar[] = $derived.by(() => {
    const { scalars } = this.session.view;
    return scalars
      ? this.all.filter(({ name }) => scalars.includes(name))
      : this.all.slice(0, SHOWN);
  });

  /** Shows a scalar, or hides it. */
  toggle(name: string): void {
    const names = this.shown.map((scalar) => scalar.name);
    this.session.view.scalars = names.includes(name)
      ? names.filter((one) => one !== name)
      : [...names, name];
  }
}

/** Turns epochs into places along the training, from its first epoch to its last. */
function alongExtent(
  { epochs, stride }: ScalarLine,
  [first, last]: [number, number],
): Pick<ScalarLine, "epochs" | "stride"> {
  const span = last - first;
  const placeOf = (epoch: number) => (span ? Math.round(((epoch - first) / span) * WHOLE) : 0);
  return {
    epochs: Array.from(epochs, placeOf),
    stride: (span ? Math.ceil((stride / span) * WHOLE) : WHOLE) + 1,
  };
}
