import { format } from "d3-format";

/** A number of one run over time, in the colour of the run's first series. */
export interface ScalarLine {
  label: string;
  color: number;
  /** Where its epochs lie on the time axis. */
  epochs: ArrayLike<number>;
  stride: number;
  /** NaN for values that are not finite. */
  values: Float64Array;
}

/** A number that was logged beside the epochs, such as the learning rate, of all shown runs that have it. */
export interface Scalar {
  name: string;
  lines: ScalarLine[];
}

/** The ends of a scalar's scale. */
export interface ScalarScale {
  least: number;
  greatest: number;
  /** Whether it is logarithmic: otherwise a learning rate that falls by decades would lie at the bottom. */
  isLog: boolean;
}

/** If the greatest value is this many times the least, the scale is logarithmic. */
const DECADES = 50;

/** One scale for all lines of a scalar; null if none has a finite value. */
export function scalarScale({ lines }: Scalar): ScalarScale | null {
  let [least, greatest] = [Infinity, -Infinity];
  for (const { values } of lines)
    for (const value of values) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  if (least > greatest) return null;
  return { least, greatest, isLog: least > 0 && greatest / least >= DECADES };
}

/** Where a value lies between the ends, 0 … 1; in the middle if there is only one value. */
export function scalarHeight(value: number, { least, greatest, isLog }: ScalarScale): number {
  if (least === greatest) return 0.5;
  return isLog
    ? Math.log(value / least) / Math.log(greatest / least)
    : (value - least) / (greatest - least);
}

const short = format(".3~g");

/** A number of unknown size in a few characters. */
export function formatScalar(value: number): string {
  return Number.isNaN(value) ? "–" : short(value).replace("-", "−");
}
