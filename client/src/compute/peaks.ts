/**
 * Whether a pixel's greatest value stands so far above its mean that chance does not explain it,
 * and the mean alone would hide it.
 *
 * A count of k instances varies by about √k from epoch to epoch without any event (binomial noise
 * of a small share). A peak must exceed the mean by SIGMAS of that, and of √1 at least,
 * so that small, noisy data sets get no more ticks than large ones at the same true rate.
 *
 * @param mean of the pixel's values
 * @param max of the pixel's values
 * @param unit value of one instance: 1 for counts, 1 / support for rates
 */
export function isPeak(mean: number, max: number, unit: number): boolean {
  return standsOut(max - mean, noiseOf(mean, unit));
}

/** How much chance moves a value from epoch to epoch, as a standard deviation. */
export function noiseOf(mean: number, unit: number): number {
  return unit * Math.sqrt(Math.max(mean / unit, 1));
}

/** Whether chance does not explain that something is so far from a mean. */
export function standsOut(excess: number, noise: number): boolean {
  return excess > SIGMAS * noise;
}

const SIGMAS = 6;
