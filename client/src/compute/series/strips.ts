import { keyOfTarget, type Target, type Values } from "./lines";
import { noiseOf, standsOut } from "./noise";
import { pixelEpochs, type PixelEpochs } from "../time/pixels";
import { denominatorsOf, extremesOf, lineOf, type Plotted } from "./plotted";
import { ArrayPool } from "./pool";
import { summaryOf, type LineSummary } from "./summary";

/** What a heat strip shows: the mean of each pixel's epochs; NaN for a pixel without epochs. */
export interface Strip {
  mean: Float64Array;
  /** The greatest value of pixels whose mean would hide it, NaN for all others; null if there are no such pixels. */
  peak: Float64Array | null;
  /** Of differences: the least value of pixels whose mean would hide it. */
  trough: Float64Array | null;
}

/**
 * The strips of all cells at one width. They are computed when first asked for and kept, so that
 * a change of contrast only looks up colours.
 */
export class Strips {
  private readonly kept: Map<number, Strip | null>[];
  private readonly pool = new ArrayPool();
  private readonly pixels: PixelEpochs[];

  /**
   * @param stride how long the last epoch of the range stands
   * @param width pixels of a strip
   */
  constructor(
    private readonly series: readonly Plotted[],
    range: [number, number],
    stride: number,
    readonly width: number,
    private readonly values: Values,
  ) {
    const domain: [number, number] = [range[0], range[1] + stride];
    this.kept = series.map(() => new Map());
    this.pixels = series.map((s) => pixelEpochs(s.epochs, s.stride, domain, width));
  }

  /** The strip of a series, or null if the series lacks the class. */
  of(series: number, target: Target): Strip | null {
    const key = keyOfTarget(target);
    let strip = this.kept[series].get(key);
    if (strip === undefined) {
      strip = this.summarise(series, target);
      this.kept[series].set(key, strip);
    }
    return strip;
  }

  /** Indices of the epochs behind a pixel of a series: [start, end). */
  epochsAt(series: number, pixel: number): [number, number] {
    const { start, end } = this.pixels[series];
    return [start[pixel], end[pixel]];
  }

  private summarise(index: number, target: Target): Strip | null {
    const series = this.series[index];
    const line = lineOf(series, target, this.values);
    if (!line) return null;
    const { start, end } = this.pixels[index];
    const summary = summaryOf(line);
    const mean = this.pool.take(this.width);
    const above = summary.means(start, end, mean);
    return { mean, ...this.ticksOf(series, target, mean, this.pixels[index], summary, above) };
  }

  /** @param mostAbove how far any value is above the mean of its pixel, members of folds apart */
  private ticksOf(
    series: Plotted,
    target: Target,
    mean: Float64Array,
    { start, end }: PixelEpochs,
    summary: LineSummary,
    mostAbove: number,
  ): Pick<Strip, "peak" | "trough"> {
    // A tick shows the greatest member, even if a pixel is one epoch.
    const extremes = extremesOf(series, target, this.values);
    const high = extremes ? summaryOf(extremes.high) : summary;
    const low = extremes ? summaryOf(extremes.low) : summary;
    const fewest = extremes ? 1 : 2;
    const denominators = denominatorsOf(series, target, this.values)!;
    const unitOf = (instances: number) =>
      this.values === "count" ? 1 : 1 / Math.max(1, instances);
    const noiseAmong = series.compared?.noise(target, this.values);
    let peak: Float64Array | null = null;
    let trough: Float64Array | null = null;
    // Most lines have no value that could stand out: they need not be looked at pixel by pixel.
    const leastNoise = noiseAmong ? 0 : noiseOf(0, unitOf(summaryOf(denominators).greatest));
    const most = extremes ? high.greatest - summary.least : mostAbove;
    if (!standsOut(most, leastNoise) && !noiseAmong) return { peak, trough };
    for (let p = 0; p < this.width; p++) {
      const [from, to] = [start[p], end[p]];
      const [above, below] = [high.greatest - mean[p], noiseAmong ? mean[p] - low.least : 0];
      if (to - from < fewest || !(standsOut(above, leastNoise) || below > 0)) continue;
      const noise = noiseAmong
        ? noiseAmong(from, to)
        : noiseOf(mean[p], unitOf(denominators[from]));
      if (standsOut(above, noise)) {
        const { greatest } = high.extremes(from, to);
        if (standsOut(greatest - mean[p], noise)) (peak ??= this.none())[p] = greatest;
      }
      if (standsOut(below, noise)) {
        const { least } = low.extremes(from, to);
        if (standsOut(mean[p] - least, noise)) (trough ??= this.none())[p] = least;
      }
    }
    return { peak, trough };
  }

  private none(): Float64Array {
    return this.pool.take(this.width).fill(NaN);
  }
}
