/// <reference types="vite/client" />

import { decodeSeries } from "./decode";
import { listen, type News } from "./events";
import workerUrl from "./events.worker?sharedworker&url";
import type { SeriesData } from "./series";
import {
  SourceError,
  type DataSource,
  type LiveState,
  type OrderRequest,
  type RunList,
  type SeriesRef,
  type TableFormat,
} from "./source";

/** The data of a running `confusionflow serve`, over HTTP. */
export class HttpSource implements DataSource {
  /** @param base Address of the server's root, with a trailing slash. */
  constructor(private readonly base: string) {}

  async runs(): Promise<RunList> {
    return (await this.get("api/runs")).json() as Promise<RunList>;
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    return decodeSeries(await (await this.get(`${splitPath(ref)}/series`)).arrayBuffer());
  }

  async order({ by, series, epochs }: OrderRequest): Promise<string[]> {
    const query = new URLSearchParams({ by, first: `${epochs[0]}`, last: `${epochs[1]}` });
    for (const ref of series) query.append("series", `${ref.runId}/${ref.splitId}`);
    const answer = (await (await this.get(`api/order?${query}`)).json()) as { classes: string[] };
    return answer.classes;
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string {
    const range = epochs ? `?first=${epochs[0]}&last=${epochs[1]}` : "";
    return new URL(`${splitPath(ref)}/table.${format}${range}`, this.base).href;
  }

  watch(changed: (runIds: string[] | null) => void, state: (live: LiveState) => void): () => void {
    const url = new URL("api/events", this.base).href;
    const take = (news: News) => ("state" in news ? state(news.state) : changed(news.changed));
    if (typeof SharedWorker === "undefined") return listen(url, take);
    const worker = new SharedWorker(workerUrl, { type: "module", name: url });
    let end = () => worker.port.postMessage("bye");
    worker.onerror = () => (end = listen(url, take));
    worker.port.onmessage = ({ data }: MessageEvent<News>) => take(data);
    return () => end();
  }

  private async get(path: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.base));
    } catch {
      throw new SourceError(
        "The ConfusionFlow server does not answer.",
        "Start it again with “confusionflow serve LOGDIR”; this page reconnects by itself.",
      );
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

function splitPath({ runId, splitId }: SeriesRef): string {
  return `api/runs/${encodeURIComponent(runId)}/splits/${encodeURIComponent(splitId)}`;
}

async function errorOf(response: Response): Promise<SourceError> {
  try {
    const { error } = (await response.json()) as { error: { message: string; hint: string | null } };
    return new SourceError(error.message, error.hint);
  } catch {
    return new SourceError(`The server answered ${response.status} ${response.statusText}.`);
  }
}
