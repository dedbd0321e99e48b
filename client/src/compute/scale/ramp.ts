import {
  clampChroma,
  converter,
  formatHex,
  modeLrgb,
  modeOklab,
  modeOklch,
  modeRgb,
  useMode,
  wcagLuminance,
} from "culori/fn";

// Only the colour spaces between OKLCH and the screen's: all of culori would be a sixth of the page.
for (const mode of [modeRgb, modeLrgb, modeOklab, modeOklch]) useMode(mode as typeof modeRgb);

/**
 * The series' hues (degrees in OKLCH) in the order they are given out: blue, orange, green, red,
 * then hues that stay apart for colour-blind eyes. Any further hue would look like one of these, so they start
 * again: the next eight series have dashed lines, and stripes in their marks and heat strips.
 */
const HUES = [256, 65, 162, 26, 305, 205, 345, 105];

export type Scheme = "light" | "dark";

/** Lightness of no value and of the greatest value, the same for all hues. */
const LIGHTNESS: Record<Scheme, [number, number]> = { light: [1, 0.4], dark: [0.22, 0.86] };
/**
 * Lightness of lines and marks: 3:1 against the background. The first four differ in it as well as in
 * hue, chosen so that the two most alike differ as much as possible for protan and deutan eyes.
 */
const LINE_LIGHTNESS: Record<Scheme, number[]> = {
  light: [0.54, 0.66, 0.5, 0.43, 0.54, 0.6, 0.6, 0.6],
  dark: [0.64, 0.76, 0.83, 0.6, 0.72, 0.75, 0.74, 0.75],
};
const STEPS = 256;
/** The step of full brightness. */
export const LAST_STEP = STEPS - 1;

const toRgb = converter("rgb");

function hueOf(color: number): number {
  return HUES[color % HUES.length];
}

/** Dashes of the lines in each turn through the hues. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3]];

/**
 * The eighths of a series' mark that are filled: all, or the stripes of its turn through the hues.
 * A turn has one stripe more than the turn before.
 */
const STRIPES = ["11111111", "11100111", "11011011", "10101010"].map((eighths) =>
  Array.from(eighths, (eighth) => eighth === "1"),
);

/** In which turn through the hues a colour is; there are four. */
function turnOf(color: number): number {
  return Math.floor(color / HUES.length) % DASHES.length;
}

/** Which eighths of a series' mark are filled; null for all of them, as in the first eight colours. */
export function stripesOf(color: number): readonly boolean[] | null {
  return turnOf(color) ? STRIPES[turnOf(color)] : null;
}

/** The dashes of a series' lines; none in the first eight colours. */
export function dashOf(color: number): readonly number[] {
  return DASHES[turnOf(color)];
}

function inGamut(l: number, c: number, h: number) {
  return clampChroma({ mode: "oklch", l, c, h }, "oklch");
}

/** Added to a series' colour while another series is pointed at: the same hue, close to the background. */
const FADED = 1 << 16;
/** How much of its colour a faded series keeps. */
const KEPT = 0.16;

export function faded(color: number): number {
  return color < FADED ? color + FADED : color;
}

export function isFaded(color: number): boolean {
  return color >= FADED;
}

const lineColors = new Map<string, string>();

/** The colour of a series' lines and of its mark in the legend. */
export function lineColor(color: number, scheme: Scheme): string {
  const key = `${scheme} ${color}`;
  let hex = lineColors.get(key);
  if (!hex) {
    hex = isFaded(color)
      ? formatHex(cssColor(towards(canvasPixel(lineColor(color - FADED, scheme)), scheme)))!
      : formatHex(inGamut(LINE_LIGHTNESS[scheme][color % HUES.length], 0.15, hueOf(color)));
    lineColors.set(key, hex);
  }
  return hex;
}

const ramps = new Map<string, Uint32Array>();

/**
 * The ramp of a series from no value to the greatest: 256 colours as canvas pixels (ABGR words).
 * Lightness falls evenly (rises, in the dark scheme), and ends alike for every hue. It is kept, because
 * every strip of every paint asks for one.
 */
export function rampColors(color: number, scheme: Scheme): Uint32Array {
  const key = `${scheme} ${color}`;
  let ramp = ramps.get(key);
  if (!ramp) {
    ramp = isFaded(color)
      ? rampColors(color - FADED, scheme).map((word) => towards(word, scheme))
      : rampOf(hueOf(color), scheme);
    ramps.set(key, ramp);
  }
  return ramp;
}

/** A canvas pixel, faded. */
function towards(word: number, scheme: Scheme): number {
  const ground = toRgb({ mode: "oklch", l: LIGHTNESS[scheme][0], c: 0, h: 0 });
  const mixed = (of: number, shift: number) =>
    (((word >> shift) & 255) / 255) * KEPT + of * (1 - KEPT);
  return pixel(mixed(ground.r, 0), mixed(ground.g, 8), mixed(ground.b, 16));
}

function rampOf(hue: number, scheme: Scheme): Uint32Array {
  const [from, to] = LIGHTNESS[scheme];
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const t = step / LAST_STEP;
    const { r, g, b } = toRgb(
      inGamut(from + (to - from) * t, 0.16 * Math.sqrt(t) * (1 - 0.2 * t), hue),
    );
    return pixel(r, g, b);
  });
}

/**
 * Hues of values below and above a baseline: green and magenta. For every kind of colour blindness they are as
 * far apart as blue and orange, and none of the first four series has them.
 */
const LESS_AND_MORE = [135, 325] as const;
const diverging = new Map<string, Uint32Array>();

/**
 * The ramp of differences from the most negative over 0, in the middle, to the most positive: canvas pixels.
 *
 * @param color that of the series: it only says whether the ramp is faded
 */
export function divergingColors(scheme: Scheme, color = 0): Uint32Array {
  const key = `${scheme} ${isFaded(color)}`;
  let ramp = diverging.get(key);
  if (!ramp) {
    const [less, more] = LESS_AND_MORE.map((hue) => rampOf(hue, scheme));
    ramp = Uint32Array.from([...less.toReversed().subarray(0, LAST_STEP), ...more]);
    if (isFaded(color)) ramp = ramp.map((word) => towards(word, scheme));
    diverging.set(key, ramp);
  }
  return ramp;
}

/** Index into it for a brightness of -1 … 1. */
export function divergingStep(bright: number): number {
  return LAST_STEP + Math.round(bright * LAST_STEP);
}

/** Index into a ramp for a brightness of 0 … 1. */
export function rampStep(bright: number): number {
  return Math.round(bright * LAST_STEP);
}

/** A #rrggbb colour as a canvas pixel (ABGR word). */
export function canvasPixel(hex: string): number {
  const { r, g, b } = toRgb(hex)!;
  return pixel(r, g, b);
}

/** Black or white, whichever is easier to read on a canvas pixel: one of them has 4.5:1 on every colour. */
export function inkOn(word: number): string {
  // At this luminance (L + 0.05) / 0.05 and 1.05 / (L + 0.05) are equal.
  return wcagLuminance(cssColor(word)) > Math.sqrt(1.05 * 0.05) - 0.05 ? "#000000" : "#ffffff";
}

/** A canvas pixel as a CSS colour. */
export function cssColor(word: number): string {
  return `rgb(${word & 255}, ${(word >> 8) & 255}, ${(word >> 16) & 255})`;
}

function pixel(r: number, g: number, b: number): number {
  const byte = (v: number) => Math.round(Math.min(1, Math.max(0, v)) * 255);
  return ((255 << 24) | (byte(b) << 16) | (byte(g) << 8) | byte(r)) >>> 0;
}
