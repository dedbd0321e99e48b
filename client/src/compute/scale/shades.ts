import type { Contrast } from "./scale";

/** Places at which a step is looked up, by the square root of a value: small values have more steps. */
const PLACES = 1024;

/**
 * Finds how bright a value is, in steps of a ramp: the same as `Math.round(brightness(value, contrast) * most)`, without
 * computing a power for each of the hundreds of thousands of pixels of a paint.
 */
export class Shades {
  /** The least value of each step, and Infinity after the last. */
  private readonly from: Float64Array;
  /** The step at each place. */
  private readonly steps: Uint16Array;
  private readonly max: number;

  /** @param most the step of full brightness */
  constructor({ max, gamma, top = 1 }: Contrast, most: number) {
    this.max = max > 0 ? max : 0;
    const last = this.max ? Math.round(top * most) : 0;
    this.from = Float64Array.from({ length: last + 2 }, (_, step) => {
      if (step > last) return Infinity;
      return step ? this.max * Math.min(1, (step - 0.5) / most / top) ** (1 / gamma) : 0;
    });
    this.steps = new Uint16Array(PLACES + 1);
    let step = 0;
    for (let place = 0; place <= PLACES; place++) {
      while (this.max * (place / PLACES) ** 2 >= this.from[step + 1]) step++;
      this.steps[place] = step;
    }
  }

  /** The step of a value; 0 for one that is not above zero. */
  of(value: number): number {
    const { from, max } = this;
    if (!(value > 0) || !max) return 0;
    let step = this.steps[value < max ? (Math.sqrt(value / max) * PLACES) | 0 : PLACES];
    while (value >= from[step + 1]) step++;
    return step;
  }
}
