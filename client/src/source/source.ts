/**
 * Where a client gets its data from. The page, the notebook widget, the one-file report and the
 * TensorBoard tab differ only in the source they plug in.
 */

import type { ClassTree } from "../compute/classes/tree";
import type { components } from "./openapi";
import type { SeriesData } from "../compute/series/data";

type Schemas = components["schemas"];

export type Problem = Schemas["Problem"];
export type SplitSummary = Schemas["SplitSummary"];
export type RunSummary = Schemas["RunSummary"];
export type RunList = Schemas["RunList"];
export type Finding = Schemas["Finding"];
export type CellMarks = Schemas["CellMarks"];
export type ScalarValues = Schemas["ScalarValues"];
export type InstanceList = Schemas["InstanceList"];
export type InstanceRow = Schemas["InstanceRow"];
export type InstanceDetail = Schemas["InstanceDetail"];
export type InstancePath = Schemas["InstancePath"];
export type SeriesFlow = Schemas["SeriesFlow"];
export type FeatureLayer = Schemas["FeatureLayer"];
export type FeatureCell = Schemas["FeatureCell"];
export type FeaturePoints = Schemas["FeaturePoints"];
export type UnitTable = Schemas["UnitTable"];
export type Sample = Schemas["Sample"];
export type SampleColumn = Schemas["SampleColumn"];
export type InstanceContrasts = Schemas["InstanceContrasts"];

/** Names one series: a run and one of its splits, both by id. */
export interface SeriesRef {
  runId: string;
  splitId: string;
}

/** A series in one text, as requests and reports name it. */
export const keyOf = ({ runId, splitId }: SeriesRef) => `${runId}/${splitId}`;

/** The series that a part of an answer is about. */
export const seriesOf = ({
  run_id,
  split_id,
}: {
  run_id: string;
  split_id: string;
}): SeriesRef => ({
  runId: run_id,
  splitId: split_id,
});

/** How a source can order the classes of chosen series, by names or by the counts of chosen epochs. */
export type ClassOrder = "name" | "support" | "confused" | "similarity";

/** A series, and its own epochs if they differ from those of the others. */
export interface CountedSeries extends SeriesRef {
  epochs?: [number, number];
}

export interface OrderRequest {
  by: ClassOrder;
  series: CountedSeries[];
  /** First and last epoch to count, both included; null for all. */
  epochs: [number, number] | null;
}

/** The series and epochs in which groups are found; null for all epochs. */
export interface TreeRequest {
  series: CountedSeries[];
  epochs: [number, number] | null;
}

/** The run whose findings are asked for. */
export interface FindingsRequest {
  runId: string;
  /** A run that it is compared with, or null. */
  baseline: string | null;
  /** First and last epoch, picked by eye; null for the last quarter. */
  epochs: [number, number] | null;
}

/** The difference whose cells are marked if they are more than noise. */
export interface MarksRequest {
  series: SeriesRef;
  baseline: SeriesRef;
  /** First and last epoch, both included. */
  epochs: [number, number];
  /** Classes that are shown; null for all. */
  classes: string[] | null;
}

/**
 * Which instances of some cells are meant: in them at any of the epochs, at half of them, or by how they pass
 * through.
 */
export type Passing = "ever" | "half" | "came" | "stayed" | "left";
export const PASSINGS: readonly Passing[] = ["ever", "half", "came", "stayed", "left"];

/** Which instances of a series are asked for, and how they are sorted. */
export interface InstancesRequest {
  series: SeriesRef;
  /** Actual and predicted classes; null for all. */
  actual: readonly string[] | null;
  predicted: readonly string[] | null;
  /** "wrong" leaves out the diagonal, "right" leaves out everything else. */
  only: "all" | "wrong" | "right";
  /** First and last epoch, both included. */
  epochs: [number, number];
  passing: Passing;
  /** Text that the id contains. */
  search: string;
  /** Conditions on columns, such as "forgotten>=2"; all of them must hold. */
  where: readonly string[];
  /** A lasso on the map of a layer, around the instances; empty for all. */
  lasso: readonly string[];
  /** Another series: only instances are listed that it predicted, but does not have in these cells. */
  without: SeriesRef | null;
  /** "share", "instance" or the name of a score. */
  sort: string;
  descending: boolean;
}

/** Which rows of a list are asked for. */
export interface Page {
  offset: number;
  limit: number;
}

/** How the instances of some classes were predicted. */
export interface FlowRequest {
  series: SeriesRef;
  actual: readonly string[];
  epochs: [number, number];
}

/** One instance in several series. */
export interface InstanceRequest {
  id: string;
  series: readonly SeriesRef[];
  /** First and last epoch that its scores cover. */
  epochs: [number, number];
}

/** An actual and a predicted class. */
export type ClassPair = readonly [actual: string, predicted: string];

/** A layer of a series; "" for the first that was logged. */
export interface LayerRequest {
  series: SeriesRef;
  layer: string;
}

/** Which units tell cells from the right instances of their class. */
export interface UnitsRequest extends LayerRequest {
  epoch: number;
  /** The first of them decides the order of the units. */
  cells: readonly ClassPair[];
  most: number;
  /** Classes whose instances are a row each. */
  classes: readonly string[];
  /** How many instances of the first cell have rows of their own. */
  instances: number;
  /** Ids of instances that have rows instead. */
  chosen: readonly string[];
  /** A list whose instances make one row; null for none. */
  listed: InstancesRequest | null;
}

export type TableFormat = "csv" | "parquet";

/** "polling": the source sends nothing by itself and is asked every few seconds. */
export type LiveState = "live" | "polling" | "reconnecting" | "static";

export interface DataSource {
  /** All runs of the log directory, oldest first. */
  runs(): Promise<RunList>;
  /** One series, whole. */
  series(ref: SeriesRef): Promise<SeriesData>;
  /** Class names in the order asked for. */
  order(request: OrderRequest): Promise<string[]>;
  /** The classes in groups of those that are confused with each other. */
  tree(request: TreeRequest): Promise<ClassTree>;
  /** The findings of a run, ranked by evidence. */
  findings(request: FindingsRequest): Promise<Finding[]>;
  /** Scalars of a run, such as the learning rate. */
  scalars(runId: string): Promise<ScalarValues[]>;
  /** Which cells of a difference are more than noise, or null if the source cannot tell. */
  marks(request: MarksRequest): Promise<CellMarks | null>;
  /** The instances of some cells of a series, a page of them. */
  instances(request: InstancesRequest, page: Page): Promise<InstanceList>;
  /** The ids of all of them, in order. */
  instanceIds(request: InstancesRequest): Promise<string[]>;
  /** How all of them differ from the right ones of their classes. */
  instanceContrasts(request: InstancesRequest): Promise<InstanceContrasts>;
  /** Turns the address of a sample's image into a URL that this document may show. */
  imageUrl(address: string): Promise<string>;
  /** All of them as CSV. */
  instanceTable(request: InstancesRequest): Promise<string>;
  /** How the instances of some classes were predicted, epoch by epoch. */
  flow(request: FlowRequest): Promise<SeriesFlow>;
  /** What several series predicted for one instance. */
  instance(request: InstanceRequest): Promise<InstanceDetail>;
  /** What a layer says about the instances of a series, and how much it changed. */
  features(request: LayerRequest): Promise<FeatureLayer>;
  /** How far the two classes of a cell lie apart in a layer. */
  featureCell(request: LayerRequest, cell: ClassPair): Promise<FeatureCell>;
  /** The probe's points: in the plane of a cell, or of all classes for null. */
  featurePoints(
    request: LayerRequest,
    cell: ClassPair | null,
    /** The last epoch of the map; null for all. */
    last?: number | null,
  ): Promise<FeaturePoints>;
  /** Which units tell cells from the right instances. */
  featureUnits(request: UnitsRequest): Promise<UnitTable>;
  /** A synthetic image of a unit. */
  unitImage(request: LayerRequest, epoch: number, unit: number): Promise<Blob>;
  /** Address of the counts as a long table, or null if the source has none. */
  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null;
  /** Address of a one-file report of some series, or of all, that begins with a view; left out if there is none. */
  reportUrl?(series: readonly SeriesRef[] | null, view: string): string;
  /**
   * Calls `changed` with the ids of runs that have something new (null: anything may have changed)
   * and `state` when the connection comes or goes. Returns a function that ends it.
   */
  watch(changed: (runIds: string[] | null) => void, state: (live: LiveState) => void): () => void;
}

/** An error that names what went wrong and the next step. */
export class SourceError extends Error {
  constructor(
    message: string,
    readonly hint: string | null = null,
    /** Whether the source refuses this page: a token is missing, or the address is not allowed. */
    readonly isRefused = false,
  ) {
    super(message);
    this.name = "SourceError";
  }
}
