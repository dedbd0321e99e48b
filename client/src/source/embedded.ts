import type { ClassTree } from "../compute/classes/tree";
import { decodeSeries } from "./decode";
import type { SeriesData } from "../compute/series/data";
import { gunzip } from "./gunzip";
import { listHeld, NO_INSTANCES, tableHeld, type HeldInstances } from "./heldInstances";
import { Tables } from "./table";
import {
  keyOf,
  SourceError,
  type ClassOrder,
  type ClassPair,
  type DataSource,
  type Finding,
  type FindingsRequest,
  type FlowRequest,
  type InstanceContrasts,
  type InstanceDetail,
  type InstanceList,
  type InstanceRequest,
  type InstancesRequest,
  type LayerRequest,
  type LiveState,
  type OrderRequest,
  type Page,
  type RunList,
  type ScalarValues,
  type SeriesFlow,
  type SeriesRef,
  type TableFormat,
  type FeatureCell,
  type FeatureLayer,
  type FeaturePoints,
  type UnitTable,
} from "./source";

interface HeldFeatures {
  layer: FeatureLayer;
  maps: { cell: ClassPair | null; points: FeaturePoints }[];
}

/** What `confusionflow export` writes into a one-file report (src/confusionflow/exporters/report.py). */
export interface Embedded {
  runs: RunList;
  /** Gzipped Arrow IPC streams as base64, by "run id/split id". */
  series: Record<string, string>;
  /** Class names in each order, by the counts of all series and epochs of the report. */
  orders: Record<ClassOrder, string[]>;
  /** The classes in groups of those that are confused with each other, by the same counts. */
  tree: ClassTree;
  /** The findings of each run, by run id. */
  findings: Record<string, Finding[]>;
  /** Scalars of each run, by run id. */
  scalars: Record<string, ScalarValues[]>;
  /** The view to begin with, as the fragment of a link. */
  view: string;
  /** A layer of each series, by "run id/split id"; its maps by cell, null for all classes. */
  features: Record<string, HeldFeatures>;
  /** Instances that are listed in that view; null for none. */
  instances: HeldInstances | null;
}

/** Reads the report's data from this document; null if there is none, as in a server's page. */
export function findEmbedded(document: Document): Embedded | null {
  const text = document.getElementById("confusionflow-data")?.textContent;
  return text ? (JSON.parse(text) as Embedded) : null;
}

const NO_FEATURES =
  "No features of this series are in the report: none were logged. Open the log directory to see those that were logged since.";
const NO_MAP =
  "This map is not in the report. Export with --instances 50, in a view of its cell, or open the log directory.";
const NO_UNITS = "A report holds no units of a layer. Open the log directory to see them.";

/** The data of a one-file report. It asks no server, and nothing changes. */
export class EmbeddedSource implements DataSource {
  private readonly tables = new Tables();

  constructor(private readonly embedded: Embedded) {}

  async runs(): Promise<RunList> {
    return this.embedded.runs;
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    const encoded = this.embedded.series[keyOf(ref)];
    if (!encoded)
      throw new SourceError(
        "This report does not hold that series.",
        "Export it again with all runs and splits.",
      );
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return this.tables.keep(decodeSeries(await gunzip(bytes).arrayBuffer()));
  }

  async order({ by }: OrderRequest): Promise<string[]> {
    return this.embedded.orders[by];
  }

  async tree(): Promise<ClassTree> {
    return this.embedded.tree;
  }

  async findings({ runId }: FindingsRequest): Promise<Finding[]> {
    return this.embedded.findings[runId] ?? [];
  }

  async scalars(runId: string): Promise<ScalarValues[]> {
    return this.embedded.scalars[runId] ?? [];
  }

  async instances(request: InstancesRequest, page: Page): Promise<InstanceList> {
    return listHeld(this.embedded.instances, request, page);
  }

  async instanceIds(request: InstancesRequest): Promise<string[]> {
    const { rows } = listHeld(this.embedded.instances, request);
    return rows.map(({ instance }) => instance);
  }

  async instanceContrasts(): Promise<InstanceContrasts> {
    return { listed: 0, right: 0, contrasts: [] };
  }

  /** A report contains its images. */
  async imageUrl(address: string): Promise<string> {
    return address.startsWith("data:image/") ? address : "data:,";
  }

  async instanceTable(request: InstancesRequest): Promise<string> {
    return tableHeld(listHeld(this.embedded.instances, request));
  }

  async flow({ series }: FlowRequest): Promise<SeriesFlow> {
    const none = { classes: [], epochs: [], right: [], counts: [], predicted: [] };
    return { run_id: series.runId, split_id: series.splitId, reason: NO_INSTANCES, ...none };
  }

  async instance({ id }: InstanceRequest): Promise<InstanceDetail> {
    const held = this.embedded.instances?.details.find(({ instance }) => instance === id);
    return held ?? { instance: id, scores: [], paths: [] };
  }

  async features({ series }: LayerRequest): Promise<FeatureLayer> {
    const held = this.embedded.features[keyOf(series)];
    if (held) return held.layer;
    const none = { layers: [], epochs: [], before: [], last: [], nearest: [], image_epochs: [] };
    return { reason: NO_FEATURES, version: "", layer: "", ...none };
  }

  async featureCell(): Promise<FeatureCell> {
    throw new SourceError(NO_UNITS);
  }

  async featurePoints({ series }: LayerRequest, cell: ClassPair | null): Promise<FeaturePoints> {
    const maps = this.embedded.features[keyOf(series)]?.maps ?? [];
    const held = maps.find((map) => JSON.stringify(map.cell) === JSON.stringify(cell));
    if (!held) throw new SourceError(NO_MAP);
    return held.points;
  }

  async featureUnits(): Promise<UnitTable> {
    throw new SourceError(NO_UNITS);
  }

  async unitImage(): Promise<Blob> {
    throw new SourceError(NO_UNITS);
  }

  async marks(): Promise<null> {
    return null;
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null {
    return this.tables.url(ref, format, epochs);
  }

  watch(_: unknown, state: (live: LiveState) => void): () => void {
    state("static");
    return () => {};
  }
}
