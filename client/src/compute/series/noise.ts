/**
 * How much chance moves a value from epoch to epoch, as a standard deviation: a count of k instances
 * varies by about √k without any event (binomial noise of a small share), and by at least √1, so that
 * small, noisy data sets get no more ticks than large ones at the same true rate.
 *
 * @param mean of some epochs' values
 * @param unit value of one instance: 1 for counts, 1 / support for rates
 */
export function noiseOf(mean: number, unit: number): number {
  return unit * Math.sqrt(Math.max(mean / unit, 1));
}

/** Whether a value is further above the mean than chance explains, so that the mean alone would hide it. */
export function standsOut(excess: number, noise: number): boolean {
  return excess > SIGMAS * noise;
}

const SIGMAS = 6;
