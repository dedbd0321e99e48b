import { differenceOf } from "../../compute/series/difference";
import { foldSeries } from "../../compute/series/fold";
import { alongTraining, epochsWithin } from "../../compute/time/share";
import type { CountedSeries, SeriesRef } from "../../source/source";
import { keyOf, refOf, type LeafSeries, type ShownSeries, type Splits } from "./series";
import {
  colorApart,
  colorFolds,
  differingKeys,
  foldChosen,
  usualKeys,
  type DifferingKey,
  type Fold,
} from "./folds";
import type { Align, ChosenSeries, ViewState } from "../view";

/** The part of a session that comparing reads, and the view in which it keeps choices. */
interface ComparisonContext {
  readonly view: ViewState;
  readonly splits: Splits;
  readonly leaves: readonly LeafSeries[];
  readonly range: [number, number];
  readonly timeUnit: string;
}

/** How a session's series are compared: along one axis, folded, relative to a baseline. */
export class Comparison {
  constructor(private readonly session: ComparisonContext) {}

  /** Config keys in which the chosen runs differ. */
  readonly keys: DifferingKey[] = $derived.by(() =>
    differingKeys(this.session.view.series ?? [], this.session.splits),
  );

  /** The chosen series as they are shown. */
  readonly folds: Fold[] = $derived.by(() =>
    foldChosen(this.session.view.series ?? [], this.session.view.fold, this.session.splits),
  );

  /** Whether any of the chosen runs can be folded. */
  readonly canFold: boolean = $derived.by(() => {
    const { view } = this.session;
    return (
      view.fold !== null ||
      foldChosen(
        view.series ?? [],
        this.keys.map(({ key }) => key),
        this.session.splits,
      ).some(({ members }) => members.length > 1)
    );
  });

  /**
   * The fold that all others are compared with; null if there is none, or if it is not one of several that are
   * shown.
   */
  readonly baselineFold: Fold | null = $derived.by(() => {
    const { baseline } = this.session.view;
    const found =
      baseline &&
      this.folds.find(({ members }) => members.some((one) => keyOf(one) === keyOf(baseline)));
    return found && this.folds.length > 1 ? found : null;
  });

  /** Aligns series along the chosen axis and folds those that belong together. */
  fold(leaves: readonly ShownSeries[]): ShownSeries[] {
    const byKey = new Map(this.align(leaves).map((s) => [s.key, s]));
    return this.folds.flatMap(({ members, label, color }) => {
      const here = members.flatMap((member) => byKey.get(keyOf(member)) ?? []);
      if (here.length < 2) return here.map((one) => ({ ...one, color }));
      return [{ ...foldSeries(here, this.session.view.spread), label, color }];
    });
  }

  /** Series minus the baseline, which is left out; unchanged if there is none. */
  compare(series: readonly ShownSeries[]): ShownSeries[] {
    const baseline = this.baselineOf(series);
    if (!baseline) return [...series];
    return series.flatMap((one) => (one === baseline ? [] : [differenceOf(one, baseline)]));
  }

  /** Places series along the chosen axis, on which they are averaged and compared. */
  private align(series: readonly ShownSeries[]): readonly ShownSeries[] {
    if (this.session.view.align === "epoch") return series;
    return series.map((one) => alongTraining({ ...one, timeUnit: this.session.timeUnit }));
  }

  /** The series that others are compared with; null if there is none, or if it is alone. */
  baselineOf(series: readonly ShownSeries[]): ShownSeries | null {
    if (series.length < 2) return null;
    const keys = new Set(this.baselineFold?.members.map(keyOf));
    return series.find(({ key }) => keys.has(key)) ?? null;
  }

  /** The chosen series and their shown epochs, as requests for counts have them. */
  counted(): { series: CountedSeries[]; epochs: [number, number] | null } {
    const { leaves, range, view } = this.session;
    const all = leaves.map(refOf);
    if (view.align === "epoch") return { series: all, epochs: range };
    const within = leaves.flatMap((leaf, at) => {
      const epochs = epochsWithin(alongTraining(leaf), range);
      return epochs ? [{ ...all[at], epochs }] : [];
    });
    return { series: within.length ? within : all, epochs: null };
  }

  /** The shown epochs of a leaf series; null: all. */
  epochsOf(leaf: ShownSeries): [number, number] | null {
    const {
      view: { align, range: chosen },
      range,
    } = this.session;
    return align === "epoch" || !chosen
      ? chosen
      : (epochsWithin(alongTraining(leaf), range) ?? [leaf.epochs[0], leaf.epochs[0]]);
  }

  /** Colours of the series before they were folded, by key. */
  private apart: ReadonlyMap<string, number> = new Map();

  /** Compares all others with a series; null: with none. */
  compareWith(ref: SeriesRef | null): void {
    this.session.view.baseline = ref && refOf(ref);
  }

  /** Compares with the first series, then with the next, and after the last with none. */
  compareWithNext(): void {
    const at = this.folds.findIndex((fold) => fold === this.baselineFold);
    this.compareWith(this.folds.length > 1 ? (this.folds[at + 1]?.members[0] ?? null) : null);
  }

  /** Folds over keys of configs; null: shows each run by itself. */
  foldOver(keys: readonly string[] | null): void {
    const { view } = this.session;
    const series = view.series ?? [];
    if (!view.fold) this.apart = new Map(series.map((s) => [keyOf(s), s.color]));
    view.fold = keys && [...keys];
    if (!view.series) return;
    // A run that is shown by itself again has its former colour.
    const before = keys
      ? series
      : series.map((s) => ({ ...s, color: this.apart.get(keyOf(s)) ?? s.color }));
    view.series = this.colored(before, true);
  }

  /** Chosen series in the colours in which they are shown. */
  colored(series: readonly ChosenSeries[], fromFirst = false): ChosenSeries[] {
    const {
      view: { fold },
      splits,
    } = this.session;
    return fold ? colorFolds(foldChosen(series, fold, splits), fromFirst) : colorApart(series);
  }

  /** Folds over seeds and the like, or shows each run by itself again. */
  toggleFold(): void {
    if (this.session.view.fold) this.foldOver(null);
    else if (this.canFold) this.foldOver(usualKeys(this.keys));
  }

  /** Changes the time axis. A range or playhead on one axis means nothing on the other. */
  alignBy(align: Align): void {
    if (this.session.view.align !== align)
      Object.assign(this.session.view, { align, range: null, playhead: null });
  }
}
