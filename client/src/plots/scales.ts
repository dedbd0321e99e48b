/** Where epochs lie along a chart, and back. */
export interface EpochScale {
  /** Position of an epoch, in pixels from the chart's start. */
  at(epoch: number): number;
  /** The epoch at a position, rounded to a whole one and kept within the range. */
  epochAt(position: number): number;
  length: number;
  range: [number, number];
}

/** Epochs as points: the first at the start, the last at the end (lines, the timeline). */
export function pointScale([first, last]: [number, number], length: number): EpochScale {
  const span = last - first;
  return {
    at: (epoch) => (span ? ((epoch - first) / span) * length : length / 2),
    epochAt: (position) => clamp(Math.round(first + (position / length) * span), first, last),
    length,
    range: [first, last],
  };
}

/** Epochs as bands that stand for `stride` epochs each, at their centres (heat strips). */
export function bandScale(
  [first, last]: [number, number],
  stride: number,
  length: number,
): EpochScale {
  const span = last + stride - first;
  return {
    at: (epoch) => ((epoch + stride / 2 - first) / span) * length,
    epochAt: (position) =>
      clamp(Math.floor(first + (position / length) * span), first, last + stride - 1),
    length,
    range: [first, last],
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
