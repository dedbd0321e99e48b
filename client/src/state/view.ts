/** Everything that a link holds: which data is shown, and how. Classes are held by name, never by position. */

import type { Curve } from "../compute/series/average";
import type { Ranking } from "../compute/ranking/ranking";
import type { ClassMeasure, Spread, Values } from "../compute/series/lines";
import type { Diagonal, Direction, Mode } from "../plots/matrix/scene";
import type { Passing, SeriesRef, TreeRequest } from "../source/source";

/** A series on the screen and its colour, an index into the hues. */
export interface ChosenSeries {
  runId: string;
  splitId: string;
  color: number;
}

/** What the time axis is: epochs, or the share of each series' own training. */
export type Align = "epoch" | "share";

/** What the detail chart shows. */
export type Selection =
  | { kind: "cell"; actual: string; predicted: string }
  | { kind: ClassMeasure; class: string }
  | { kind: "accuracy" };

/** What listed instances have in common: the selection, or a lasso around them. */
export type Listed = Selection["kind"] | "lasso";

/** Names of class orders; all but "declared" leave their result in `ViewState.order`. */
export type OrderName = "declared" | "name" | "support" | "confused" | "similarity";

/** Choices of how many epochs are averaged: odd, so that they have a middle. */
export const SMOOTHINGS = [0, 5, 11, 25, 51] as const;

export const SCALES = ["settled", "range"] as const;
export type ScaleOf = (typeof SCALES)[number];

export type SortColumn = "class" | "precision" | "recall" | "f1" | "support";

/** How classes are grouped. */
export type Grouping = "none" | "similarity" | "given";

/** What is shown of a layer: instances as points, or units as columns. */
export type FeatureView = "map" | "units";

/** A class, or a cell: its actual and its predicted class. */
export type UnitSubset = readonly [string] | readonly [string, string];

export interface ViewState {
  /** null: not chosen yet, the page chooses. */
  series: ChosenSeries[] | null;
  /** The run to begin with if no series are chosen; null: the newest. */
  run: string | null;
  /** The series that all others are shown relative to; null: none. */
  baseline: SeriesRef | null;
  /** Config keys that the runs of one folded series may differ in; null: every run is shown by itself. */
  fold: string[] | null;
  spread: Spread;
  align: Align;
  /** What the timeline's curves show. */
  curve: Curve;
  /** Names of the scalars below the timeline; null: the first of them. */
  scalars: string[] | null;
  /** First and last place on the time axis that every chart shows; null: all, growing as epochs arrive. */
  range: [number, number] | null;
  /** The current place; null: the newest in the range. */
  playhead: number | null;
  /** null: numbers if there is only one epoch, else heat strips. */
  mode: Mode | null;
  direction: Direction;
  values: Values;
  /** Exponent of the contrast; null: automatic. */
  gamma: number | null;
  /** Which epochs the scale of the cells is made from: those of the range, or without wild ones at its start. */
  scale: ScaleOf;
  diagonal: Diagonal;
  /** Over how many epochs the lines of the detail chart are averaged; 0: over none. */
  smooth: number;
  selection: Selection;
  /** Class names in the order asked for; others follow as declared. */
  order: string[];
  orderName: OrderName;
  /** null: no groups for few classes; for many, the declared ones or those by similarity. */
  grouping: Grouping | null;
  /** What groups by similarity were found in; null: all epochs of the shown series. */
  found: TreeRequest | null;
  /** Names of the open groups; null: as many as fit. */
  opened: string[] | null;
  /** The group whose classes alone are shown; null: all. */
  focus: string | null;
  hidden: string[];
  sort: { column: SortColumn; descending: boolean };
  /** What class performance is searched for; empty: all classes. */
  filter: string;
  /** The tab that is shown beside the matrix, by its name in `views/tabs`. */
  tab: string;
  /** The series whose instances are listed; null: the last shown one. */
  listed: SeriesRef | null;
  /** Which of the instances behind a selection are listed. */
  passing: Passing;
  /** "share", "instance" or a score. */
  instanceSort: { column: string; descending: boolean };
  /** Text that the ids of listed instances contain; empty: all. */
  instanceSearch: string;
  /** Conditions on columns of listed instances, such as "forgotten>=2". */
  instanceFilters: string[];
  /** A second series whose instances are listed beside; null: none. */
  beside: SeriesRef | null;
  /** Whether only instances are listed that just one of two series has in the cells. */
  onlyOne: boolean;
  /** Whether thumbnails are shown in a grid rather than in rows. */
  grid: boolean;
  /** Whether the flow of the selected class is shown above its instances. */
  flow: boolean;
  /** A lasso on the map of a layer, as `writeLasso` writes it: only the instances in it are listed. Empty: none. */
  lasso: string[];
  /** Ids of the chosen instances; the last one is looked at. */
  chosen: string[];
  /** What the list of cells is ranked by. */
  ranking: Ranking;
  /** The layer whose features are shown; "": the first that was logged. */
  layer: string;
  /** What is shown of the layer. */
  featureView: FeatureView;
  /** Whether the map shows all classes although a cell is selected. */
  wholeMap: boolean;
  /** The unit that is looked at; null: the first. */
  unit: number | null;
  /** Cells and classes that are rows of the units, in addition to the selected cell. */
  unitRows: UnitSubset[];
  /** Whether the column beside the matrix has the greater part of the page. */
  wide: boolean;
}

export const INITIAL_VIEW: ViewState = {
  series: null,
  run: null,
  baseline: null,
  fold: null,
  spread: "range",
  align: "epoch",
  curve: "accuracy",
  scalars: null,
  range: null,
  playhead: null,
  mode: null,
  direction: "across",
  values: "rate",
  gamma: null,
  scale: "settled",
  diagonal: "names",
  smooth: 0,
  selection: { kind: "accuracy" },
  order: [],
  orderName: "declared",
  grouping: null,
  found: null,
  opened: null,
  focus: null,
  hidden: [],
  sort: { column: "class", descending: false },
  filter: "",
  tab: "classes",
  listed: null,
  passing: "ever",
  instanceSort: { column: "share", descending: true },
  instanceSearch: "",
  instanceFilters: [],
  beside: null,
  onlyOne: false,
  grid: false,
  flow: false,
  lasso: [],
  chosen: [],
  ranking: "now",
  layer: "",
  featureView: "map",
  wholeMap: false,
  unit: null,
  unitRows: [],
  wide: false,
};

export function sameSelection(a: Selection, b: Selection): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
