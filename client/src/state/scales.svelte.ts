import { greatestDifference, summariseDifferences } from "../compute/series/difference";
import { greatestMargin, summariseCells } from "../compute/series/plotted";
import { automaticGamma, MIN_GAMMA, type Contrast } from "../compute/scale/scale";
import { scaleStart } from "../compute/scale/scaleStart";
import type { Mode } from "../plots/matrix/scene";
import { performanceScale } from "../plots/performance/scale";
import type { PerformanceScale } from "../plots/performance/scene";
import type { ShownSeries } from "./series/series";
import type { ViewState } from "./view";

/** The greatest brightness of FN and FP: they are sums of cells, and must not outshine them. */
const QUIET = 0.5;

/** The part of a session that scales read, and the view in which the contrast is kept. */
interface ScalesContext {
  readonly view: ViewState;
  readonly series: readonly ShownSeries[];
  readonly baseline: ShownSeries | null;
  readonly classes: readonly string[];
  readonly range: [number, number];
  readonly playhead: number;
  readonly mode: Mode;
}

/** The common scales of the matrix and of class performance. */
export class Scales {
  constructor(private readonly session: ScalesContext) {}

  /** The first epoch of the range that is not wild: a scale that started earlier would hide all that follows. */
  private readonly settled: number = $derived.by(() => {
    const { series, range, view } = this.session;
    return scaleStart(series, range, view.values);
  });

  /** Whether there are wild epochs at the range's start, which the scale may leave out. */
  readonly hasWildStart: boolean = $derived.by(() => {
    const { mode, range } = this.session;
    return mode !== "numbers" && this.settled > range[0];
  });

  /** The epochs that the scale of the cells is made from; numbers are of one epoch. */
  readonly range: [number, number] = $derived.by(() => {
    const { mode, playhead, range, view } = this.session;
    if (mode === "numbers") return [playhead, playhead];
    return [view.scale === "settled" ? this.settled : range[0], range[1]];
  });

  private readonly summary = $derived.by(() => {
    const { baseline, series, view } = this.session;
    return (baseline ? summariseDifferences : summariseCells)(series, this.range, view.values);
  });

  private readonly greatestMargin: number = $derived.by(() => {
    const { baseline, series, view } = this.session;
    return baseline
      ? greatestDifference(series, ["fn", "fp"], this.range, view.values)
      : greatestMargin(series, this.range, view.values);
  });

  /** The contrast as chosen, else one that suits the values. */
  readonly gamma: number = $derived.by(
    () => this.session.view.gamma ?? automaticGamma(this.summary.means, this.summary.greatest),
  );

  /** The scale of all cells. */
  readonly cells: Contrast = $derived.by(() => ({
    max: this.summary.greatest,
    gamma: this.gamma,
  }));

  /** The scale of FN and FP. */
  readonly margins: Contrast = $derived.by(() => ({
    max: this.greatestMargin,
    gamma: this.gamma,
    top: QUIET,
  }));

  /** The common scale of precision, recall and F1. */
  readonly performance: PerformanceScale = $derived.by(() => performanceScale(this.session));

  changeGamma(by: number): void {
    const gamma = Math.min(1, Math.max(MIN_GAMMA, this.gamma + by));
    this.session.view.gamma = Math.round(gamma * 100) / 100;
  }
}
