import { decodeSeries } from "./decode";
import type { SeriesData } from "./series";
import { toCsv } from "./table";
import {
  SourceError,
  type ClassOrder,
  type DataSource,
  type LiveState,
  type OrderRequest,
  type RunList,
  type SeriesRef,
  type TableFormat,
} from "./source";

/** What `confusionflow export` writes into a one-file report (src/confusionflow/export.py). */
export interface Embedded {
  runs: RunList;
  /** Gzipped Arrow IPC streams as base64, by "run id/split id". */
  series: Record<string, string>;
  /** Class names in each order, by the counts of all series and epochs of the report. */
  orders: Record<ClassOrder, string[]>;
  /** The fragment of a link: the view to begin with. */
  view: string;
}

/** The report's data in this document, or null where there is none: the page of a server. */
export function findEmbedded(document: Document): Embedded | null {
  const text = document.getElementById("confusionflow-data")?.textContent;
  return text ? (JSON.parse(text) as Embedded) : null;
}

/** The data that a one-file report holds. Nothing is asked of any server, and nothing changes. */
export class EmbeddedSource implements DataSource {
  private readonly read = new Map<string, SeriesData>();
  private readonly tables = new Map<string, string>();

  constructor(private readonly embedded: Embedded) {}

  async runs(): Promise<RunList> {
    return this.embedded.runs;
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    const key = keyOf(ref);
    const encoded = this.embedded.series[key];
    if (!encoded)
      throw new SourceError("This report does not hold that series.", "Export it again with all runs and splits.");
    const data = decodeSeries(await gunzip(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))));
    this.read.set(key, data);
    return data;
  }

  async order({ by }: OrderRequest): Promise<string[]> {
    return this.embedded.orders[by];
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null {
    const data = this.read.get(keyOf(ref));
    if (!data || format !== "csv") return null;
    URL.revokeObjectURL(this.tables.get(data.version) ?? "");
    const url = URL.createObjectURL(new Blob([toCsv(data, epochs)], { type: "text/csv" }));
    this.tables.set(data.version, url);
    return url;
  }

  watch(_: unknown, state: (live: LiveState) => void): () => void {
    state("static");
    return () => {};
  }
}

function keyOf({ runId, splitId }: SeriesRef): string {
  return `${runId}/${splitId}`;
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
