/**
 * 95 % intervals: of rates and F1 in other instances of the same kind, and of means in other runs of the same kind.
 * The same as those in `confusionflow.analysis.evidence.intervals`.
 */

export type Ends = [low: number, high: number];

const NONE: Ends = [NaN, NaN];
/** The normal quantile of a two-sided interval of 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's interval of a rate. NaN if there are no instances.
 *
 * @param rate 0 … 1; may be a mean over epochs
 * @param n instances that it is a share of
 */
export function wilson(rate: number, n: number): Ends {
  if (!(n > 0) || Number.isNaN(rate)) return NONE;
  const square = (Z * Z) / n;
  const centre = (rate + square / 2) / (1 + square);
  const half =
    (Z * Math.sqrt(Math.max(rate * (1 - rate), 0) / n + square / (4 * n))) / (1 + square);
  // If none or all are counted, one end is the rate itself.
  return [
    rate <= 0 ? 0 : Math.min(centre - half, rate),
    rate >= 1 ? 1 : Math.max(centre + half, rate),
  ];
}

/**
 * The interval of F1. Of the TP + FP + FN instances that are of a class or taken for it, TP is a binomial number:
 * their share F* = F1 / (2 − F1) (Hand, Christen and Kirielle 2021) has Wilson's interval, and F1 rises with F*.
 *
 * @param f1 may be a mean over epochs
 * @param doubled support + predictions of the class, 2 TP + FP + FN
 */
export function f1Interval(f1: number, doubled: number): Ends {
  const [low, high] = wilson(f1 / (2 - f1), doubled * (1 - f1 / 2));
  return [(2 * low) / (1 + low), (2 * high) / (1 + high)];
}

/**
 * The interval of b − a of independent estimates from the interval of each: for two rates that of Newcombe (1998,
 * method 10); for others in the same way (MOVER, Zou and Donner 2008).
 */
export function differenceInterval(a: number, ofA: Ends, b: number, ofB: Ends): Ends {
  return [b - a - Math.hypot(b - ofB[0], ofA[1] - a), b - a + Math.hypot(ofB[1] - b, a - ofA[0])];
}

/** Student's interval of the mean of runs; NaN for fewer than two. */
export function meanInterval(runs: readonly number[]): Ends {
  if (runs.length < 2) return NONE;
  const { mean, error } = momentsOf(runs);
  const half = tQuantile(runs.length - 1) * Math.sqrt(error);
  return [mean - half, mean + half];
}

/** Welch's interval of mean b − mean a of independent runs; NaN if either has fewer than two. */
export function welchInterval(a: readonly number[], b: readonly number[]): Ends {
  if (a.length < 2 || b.length < 2) return NONE;
  const [ofA, ofB] = [momentsOf(a), momentsOf(b)];
  const error = ofA.error + ofB.error;
  const difference = ofB.mean - ofA.mean;
  if (!error) return [difference, difference];
  const freedom = error ** 2 / (ofA.error ** 2 / (a.length - 1) + ofB.error ** 2 / (b.length - 1));
  const half = tQuantile(freedom) * Math.sqrt(error);
  return [difference - half, difference + half];
}

/** The mean, and its squared standard error. */
function momentsOf(runs: readonly number[]): { mean: number; error: number } {
  const n = runs.length;
  const mean = runs.reduce((sum, value) => sum + value, 0) / n;
  const squares = runs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: squares / (n - 1) / n };
}

const quantiles = new Map<number, number>();

/** Student's t at 97.5 %, to five digits. */
function tQuantile(freedom: number): number {
  let t = quantiles.get(freedom);
  if (t === undefined)
    quantiles.set(freedom, (t = freedom > 20 ? expansion(freedom) : quantileOfDensity(freedom)));
  return t;
}

/** Abramowitz and Stegun 26.7.5. */
function expansion(n: number): number {
  const [z3, z5, z7] = [Z ** 3, Z ** 5, Z ** 7];
  return (
    Z +
    (z3 + Z) / (4 * n) +
    (5 * z5 + 16 * z3 + 3 * Z) / (96 * n ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * n ** 3)
  );
}

const STEPS = 2000;

/**
 * Sums the density up from its tail, until 5 % of both tails are reached. With t = √n / tan v it is that of sin(v)^(n − 1)
 * for v in 0 … π/2, and with v = w⁴ it is smooth at 0 for every n ≥ 1.
 */
function quantileOfDensity(n: number): number {
  const step = (Math.PI / 2) ** 0.25 / STEPS;
  const sums = [0];
  for (let i = 0; i < STEPS; i++) {
    const w = (i + 0.5) * step;
    sums.push(sums[i] + Math.sin(w ** 4) ** (n - 1) * w ** 3);
  }
  const goal = 0.05 * sums[STEPS];
  const next = sums.findIndex((sum) => sum >= goal);
  const w = (next - (sums[next] - goal) / (sums[next] - sums[next - 1])) * step;
  return Math.sqrt(n) / Math.tan(w ** 4);
}
