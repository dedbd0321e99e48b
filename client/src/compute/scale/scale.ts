import { median } from "d3-array";

export const MIN_GAMMA = 0.05;

/** The one scale of all cells: brightness = top * (value / max) ** gamma. */
export interface Contrast {
  max: number;
  gamma: number;
  /** Brightness of the maximum; 1 by default. */
  top?: number;
}

/** Brightness of a value, 0 … 1; values above the maximum are as bright as the maximum. */
export function brightness(value: number, { max, gamma, top = 1 }: Contrast): number {
  if (!(value > 0) || !(max > 0)) return 0;
  return top * Math.min(1, value / max) ** gamma;
}

/** Brightness of a difference, -1 … 1: differences of one size are equally far from 0 on either side. */
export function signedBrightness(value: number, contrast: Contrast): number {
  return value < 0 ? -brightness(-value, contrast) : brightness(value, contrast);
}

/**
 * A contrast to start from: the exponent that gives the median of the values above zero a
 * brightness of TYPICAL_BRIGHTNESS, so that the usual confusion of a good classifier is visible and
 * its worst still stands out. Rounded to the slider's step.
 */
export function automaticGamma(values: ArrayLike<number>, max: number): number {
  const typical = median(Array.from(values).filter((value) => value > 0)) ?? 0;
  if (!(typical > 0) || !(typical < max)) return 1;
  const gamma = Math.log(TYPICAL_BRIGHTNESS) / Math.log(typical / max);
  return Math.min(1, Math.max(MIN_GAMMA, Math.round(gamma * 20) / 20));
}

const TYPICAL_BRIGHTNESS = 0.11;

/** Round values for a legend whose ticks keep a distance, from 0 to the scale's maximum. */
export function legendTicks(contrast: Contrast, minDistance: number): number[] {
  const { max, top = 1 } = contrast;
  if (!(max > 0)) return [0];
  const ticks = [0];
  const power = Math.floor(Math.log10(max));
  const candidates: number[] = [];
  for (let exponent = power - 4; exponent <= power; exponent++)
    for (const digit of [1, 2, 5]) candidates.push(digit * 10 ** exponent);
  let last = 0;
  for (const value of candidates) {
    const at = brightness(value, contrast);
    if (value < max && at - last >= minDistance && top - at >= minDistance) {
      ticks.push(value);
      last = at;
    }
  }
  ticks.push(max);
  return ticks;
}
