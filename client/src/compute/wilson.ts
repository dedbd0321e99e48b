/** The normal quantile of a two-sided interval of 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's interval of a rate at 95 %: what it may be in other instances of the same kind. NaN where there is no
 * instance. The same as `confusionflow.analysis.evidence.intervals.wilson`.
 *
 * @param rate 0 … 1; may be a mean over epochs
 * @param n instances that it is of
 */
export function wilson(rate: number, n: number): [number, number] {
  if (!(n > 0) || Number.isNaN(rate)) return [NaN, NaN];
  const square = (Z * Z) / n;
  const centre = (rate + square / 2) / (1 + square);
  const half =
    (Z * Math.sqrt(Math.max(rate * (1 - rate), 0) / n + square / (4 * n))) / (1 + square);
  // Of none or all, the end is the rate itself.
  return [
    rate <= 0 ? 0 : Math.min(centre - half, rate),
    rate >= 1 ? 1 : Math.max(centre + half, rate),
  ];
}
