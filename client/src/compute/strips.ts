import { keyOfTarget, type Target, type Values } from "./lines";
import { noiseOf, standsOut } from "./peaks";
import { pixelEpochs, pixelValues, roomFor, type PixelEpochs, type PixelValues } from "./pixels";
import { denominatorsOf, extremesOf, lineOf, type Plotted } from "./plotted";

/** What a heat strip shows: the mean of each pixel's epochs; NaN where a pixel has none. */
export interface Strip {
  mean: Float64Array;
  /** The greatest value of pixels whose mean would hide it, NaN of all others; null where there is none. */
  peak: Float64Array | null;
  /** Of differences: the least value of pixels whose mean would hide it. */
  trough: Float64Array | null;
}

/**
 * The strips of all cells at one width. They are worked out when first asked for and kept, so that
 * a change of contrast only looks colours up.
 */
export class Strips {
  private readonly kept: Map<number, Strip | null>[];
  /** Room for the means of many strips: an array for each would take longer than what is written into it. */
  private room = new Float64Array(0);
  private readonly pixels: PixelEpochs[];
  /** Written anew for each strip: a paint asks for hundreds. */
  private readonly summary: PixelValues;
  private higher: PixelValues | null = null;
  private lower: PixelValues | null = null;

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
    this.summary = roomFor(width);
    this.kept = series.map(() => new Map());
    this.pixels = series.map((s) => pixelEpochs(s.epochs, s.stride, domain, width));
  }

  /** The strip of a series, or null where the series lacks the class. */
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
    const pixels = this.pixels[index];
    const { mean, min, max } = pixelValues(line, pixels, this.summary);
    // A tick is of the greatest member, also where a pixel is one epoch.
    const extremes = extremesOf(series, target, this.values);
    const highest = extremes ? pixelValues(extremes.high, pixels, (this.higher ??= roomFor(this.width))).max : max;
    const lowest = extremes && series.compared ? pixelValues(extremes.low, pixels, (this.lower ??= roomFor(this.width))).min : min;
    let peak: Float64Array | null = null;
    let trough: Float64Array | null = null;
    const denominators = denominatorsOf(series, target)!;
    const noiseAmong = series.compared?.noise(target, this.values);
    const fewest = extremes ? 1 : 2;
    for (let p = 0; p < pixels.width; p++) {
      const start = pixels.start[p];
      const end = pixels.end[p];
      const above = highest[p] - mean[p];
      const below = noiseAmong ? mean[p] - lowest[p] : 0;
      if (end - start < fewest || !(above > 0 || below > 0)) continue;
      const unit = this.values === "count" ? 1 : 1 / Math.max(1, denominators[start]);
      const noise = noiseAmong ? noiseAmong(start, end) : noiseOf(mean[p], unit);
      if (standsOut(above, noise)) (peak ??= this.none())[p] = highest[p];
      if (standsOut(below, noise)) (trough ??= this.none())[p] = lowest[p];
    }
    return { mean: this.keep(mean), peak, trough };
  }

  private none(): Float64Array {
    return new Float64Array(this.width).fill(NaN);
  }

  private keep(mean: Float64Array): Float64Array {
    if (this.room.length < this.width) this.room = new Float64Array(this.width * STRIPS_OF_ROOM);
    const kept = this.room.subarray(0, this.width);
    kept.set(mean);
    this.room = this.room.subarray(this.width);
    return kept;
  }
}

const STRIPS_OF_ROOM = 128;
