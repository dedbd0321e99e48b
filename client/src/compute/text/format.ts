import { format } from "d3-format";

const grouped = format(",");

/** A whole number with grouped thousands: 50,000. */
export function formatCount(value: number): string {
  return Number.isNaN(value) ? "–" : grouped(Math.round(value * 10) / 10);
}

/** A share as a percentage with one decimal: 13.4%; two if one would read as zero. */
export function formatShare(value: number): string {
  if (Number.isNaN(value)) return "–";
  const percent = value * 100;
  if (percent === 0) return "0%";
  if (Math.abs(percent) < 0.05)
    return percent < 0.005 && percent > 0 ? "<0.01%" : `${percent.toFixed(2)}%`;
  return `${percent.toFixed(1)}%`;
}

/** A number with one decimal: 2.7, −1.9; never −0.0. */
export const formatDecimal: (value: number) => string = format(".1f");

/** A number with its sign: +2.1, −2.1, 0. */
export function withSign(value: number, write: (size: number) => string): string {
  const text = write(Math.abs(value));
  return value > 0 ? `+${text}` : value < 0 ? `−${text}` : text;
}

/** A tick of a percentage axis: with as few digits as it takes to tell it from its neighbours. */
export function formatShareTick(value: number): string {
  return `${format("~g")(Number((value * 100).toPrecision(2)))}%`;
}

/** A tick of an axis of counts. */
export function formatCountTick(value: number): string {
  return value >= 10_000
    ? format("~s")(value).replace("G", "B")
    : grouped(Number(value.toPrecision(3)));
}

/** "1 epoch", "3 epochs"; "3 classes" if the plural is given. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(n)} ${n === 1 ? noun : plural}`;
}
