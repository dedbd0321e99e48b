/** The words of the legend: what is shown, and how to read it. */

import { extentText, momentOf, placeOf } from "../../compute/time/axis";
import { formatCountTick, formatShareTick, withSign } from "../../compute/text/format";
import type { MatrixLayout } from "./layout";
import { bandsThatFit, isOneNumber, markedOnes, type MatrixScene } from "./scene";

/** A note in one wording or more, the longest first: the first that fits is written. */
export type Note = string[];

/** What notes read of the layout. */
type NotesLayout = Pick<MatrixLayout, "cell" | "hasMargins">;

/** All notes of the legend in their longest wording; the legend itself has room for a few. */
export function legendText(layout: NotesLayout, scene: MatrixScene): string {
  return [legendTitle(scene), ...readingNotes(layout, scene).map(([whole]) => whole)].join("\n");
}

/**
 * Says what colours or numbers stand for.
 *
 * @param isShort leaves out what rates are shares of, if a baseline is named
 */
export function legendTitle(
  { values, mode, epoch, axis, baseline }: MatrixScene,
  isShort = false,
): string {
  const share = { rate: "of the actual class", predicted: "of the predicted class", all: "of all" };
  const usual =
    values === "count"
      ? "instances"
      : `share ${share[values]}${values === "all" ? " instances" : ""}${mode === "numbers" ? " in %" : ""}`;
  const what = baseline
    ? `difference from ${baseline.label} (${values === "count" ? "instances" : isShort ? "points" : `points ${share[values]}`})`
    : usual;
  if (mode === "numbers") return `${what}, ${momentOf(axis, epoch)}`;
  // Beside the name of the baseline there is no room for more.
  if (baseline) return what;
  return axis.isShare ? `${what}, along training` : `${what}, per ${axis.unit}`;
}

/** How to read a cell, and what is not shown; what matters most comes first. */
export function readingNotes(layout: NotesLayout, scene: MatrixScene): Note[] {
  switch (scene.mode) {
    case "numbers":
      return [
        numbersNote(layout, scene),
        ...marksNote(scene),
        ...hiddenNote(layout, scene),
        ...insideNote(scene),
        ...measureNote(layout, scene),
      ];
    case "lines":
      return [
        ...scaleNote(scene),
        seriesNote("lines", scene),
        ...marksNote(scene),
        orderNote(scene),
        heightNote(scene),
        ...(isFolded(scene) ? [["mean and interval of runs"]] : []),
        ...insideNote(scene),
        ...measureNote(layout, scene),
      ];
    case "heat":
      return [
        ...scaleNote(scene),
        seriesNote(`bands from ${scene.direction === "across" ? "top" : "left"}`, scene),
        ...marksNote(scene),
        orderNote(scene),
        ...hiddenNote(layout, scene),
        ...insideNote(scene),
        ...pixelNote(scene),
        ...measureNote(layout, scene),
      ];
  }
}

/** Which series is which, by the order of the chips. */
function seriesNote(before: string, { series }: MatrixScene): Note {
  return [
    `${before}: ${series.map(({ label }) => label).join(", ")}`,
    `${before}: ${series.length} series as above`,
    `${before}: ${series.length} series`,
  ];
}

function numbersNote({ cell }: NotesLayout, scene: MatrixScene): Note {
  if (!isOneNumber(cell, scene.series.length)) return seriesNote("from top", scene);
  const one = `numbers of ${scene.series[scene.numbersOf]?.label}`;
  return [
    `${one} only; point at the chip of another series to see its numbers`,
    `${one}; point at another's chip`,
    one,
  ];
}

/** What the marks of a difference mean; of the cells without a clear one only the rarer have any. */
function marksNote({ marks }: MatrixScene): Note[] {
  if (!marks?.size) return [];
  const has = new Set(marks.values());
  const marked = markedOnes(marks);
  const other = marked === "same" ? "untold" : "same";
  const corner = ["filled corner: more than noise (q ≤ .05)", "corner: more than noise"];
  const meanings = {
    same: ["differs by less than 5 points", "under 5 points"],
    untold: ["too few instances to detect 5 points", "too few to tell"],
  };
  const note = [0, 1].map((size) => [
    ...(has.has("different") ? [corner[size]] : []),
    ...(has.has(marked)
      ? [`${marked === "same" ? "dot" : "ring"}: ${meanings[marked][size]}`]
      : []),
    ...(has.has(other) ? [`no mark: ${meanings[other][size]}`] : []),
  ]);
  // The last one is for the smallest legends, where a tooltip says the rest.
  return [[...note.map((parts) => parts.join(" · ")), note[1].slice(0, 2).join(" · ")]];
}

/** Which way epochs run. */
function orderNote({ direction, range, axis }: MatrixScene): Note {
  if (range[0] === range[1]) return [momentOf(axis, range[0])];
  const across = direction === "across";
  const time = axis.isShare
    ? `${extentText(axis, range).replace("–", " → ")} of training`
    : `${axis.unit}s ${placeOf(axis, range[0])} → ${placeOf(axis, range[1])}`;
  return [
    `${time} from ${across ? "left to right" : "top to bottom"}`,
    `${time} ${across ? "rightwards" : "downwards"}`,
  ];
}

/** How many series have no room. */
function hiddenNote({ cell }: NotesLayout, { series, mode }: MatrixScene): Note[] {
  const fit = bandsThatFit(cell, series.length);
  if (fit === series.length || (mode === "numbers" && isOneNumber(cell, series.length))) return [];
  return [
    [
      `only the first ${fit} of ${series.length} series fit`,
      `only ${fit} of ${series.length} series fit`,
    ],
  ];
}

/** What the height of a line shows. */
function heightNote(scene: MatrixScene): Note {
  const { baseline, cells } = scene;
  const most = tickFormat(scene)(cells.max).replace("+", "");
  const to = baseline ? `0 to ±${most}` : `0 to ${most}`;
  const part = baseline ? "half a cell" : "height of a cell";
  const short = `${baseline ? "half" : "cell"}: ${to}`;
  return cells.gamma < 1
    ? [`${part}: ${to}, stretched by contrast`, `${part}: ${to}, stretched`, `${short}, stretched`]
    : [`${part}: ${to}`, short];
}

function isFolded({ series }: MatrixScene): boolean {
  return series.some(({ folded, compared }) => folded ?? compared?.series.folded);
}

/** What a pixel of a strip is, where it is more than one value. */
function pixelNote(scene: MatrixScene): Note[] {
  const { range, stride, strips } = scene;
  if (isFolded(scene)) return [["mean of runs, tick: peak of a run", "mean; tick: peak of a run"]];
  const epochs = (range[1] - range[0]) / stride + 1;
  return epochs > strips.width ? [["pixel: mean of epochs, tick: peak"]] : [];
}

/** What a closed group has on the diagonal, where classes have their names. */
function insideNote({ diagonal, isGroup }: MatrixScene): Note[] {
  return diagonal === "names" && isGroup.some(Boolean)
    ? [["▸ on the diagonal: confusion inside", "▸ on the diagonal: inside"]]
    : [];
}

/** What is on the diagonal, and of which margin the sums have another denominator than the cells. */
function measureNote({ hasMargins }: NotesLayout, scene: MatrixScene): Note[] {
  const { values, baseline } = scene;
  const margins: Partial<Record<typeof values, Note>> = {
    rate: ["FP: share of the predictions", "FP: of predictions"],
    predicted: ["FN: share of the actual class", "FN: of actual"],
  };
  const margin = (hasMargins && margins[values]) || [];
  if (scene.diagonal !== "recall") return margin.length ? [margin] : [];
  const measure = values === "predicted" ? "precision" : "recall";
  const diagonal = `diagonal: ${measure}, ${baseline ? "±100 points" : "0 to 100%"}`;
  return [[...margin.map((note) => `${diagonal} · ${note}`), diagonal]];
}

/** Which epochs the scale is made from, if the range starts with wild ones; the first of the notes. */
function scaleNote({ hasWildStart, scaleRange, range, axis }: MatrixScene): Note[] {
  if (!hasWildStart) return [];
  const isCut = scaleRange[0] > range[0];
  const from = axis.isShare
    ? extentText(axis, scaleRange)
    : `${axis.unit}s ${extentText(axis, scaleRange)}`;
  return [
    isCut
      ? [
          `scale fits ${from}; earlier values are larger`,
          `fits ${from}; earlier values are larger`,
          `scale fits ${from}`,
        ]
      : [`scale fits all ${axis.unit}s`],
  ];
}

/** Writes a number of the scale. */
export function tickFormat({ values, baseline }: MatrixScene): (value: number) => string {
  const write = values === "count" ? formatCountTick : formatShareTick;
  return baseline ? (value) => withSign(value, write).replace("%", "") : write;
}
