/// <reference types="vite/client" />

import { ApiSource, splitPath } from "./api";
import type { SeriesData } from "../compute/series/data";
import { listen, type News } from "./events";
import { keyOf, SourceError, type LiveState, type SeriesRef, type TableFormat } from "./source";
import { SeriesTogether } from "./together";

/** The data of a running `confusionflow serve`, over HTTP. */
export class HttpSource extends ApiSource {
  private readonly together = new SeriesTogether((path) => this.get(path));

  /** @param base Address of the server's root, with a trailing slash. */
  constructor(private readonly base: string) {
    super();
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    return (await this.together.of(ref)) ?? super.series(ref);
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string {
    const range = epochs ? `?first=${epochs[0]}&last=${epochs[1]}` : "";
    return new URL(`${splitPath(ref)}/table.${format}${range}`, this.base).href;
  }

  reportUrl(series: readonly SeriesRef[] | null, view: string): string {
    const query = new URLSearchParams({ view });
    for (const one of series ?? []) query.append("series", keyOf(one));
    return new URL(`api/report?${query}`, this.base).href;
  }

  async imageUrl(address: string): Promise<string> {
    return new URL(address, this.base).href;
  }

  watch(changed: (runIds: string[] | null) => void, state: (live: LiveState) => void): () => void {
    const url = new URL("api/events", this.base).href;
    const take = (news: News) => ("state" in news ? state(news.state) : changed(news.changed));
    if (typeof SharedWorker === "undefined") return listen(url, take);
    const worker = new SharedWorker(
      new URL("./events.worker.ts", import.meta.url),
      /* @vite-ignore */ { type: "module", name: url },
    );
    let end = () => worker.port.postMessage("bye");
    worker.onerror = () => (end = listen(url, take));
    worker.port.onmessage = ({ data }: MessageEvent<News>) => take(data);
    return () => end();
  }

  protected async ask(path: string): Promise<Response> {
    try {
      return await fetch(new URL(path, this.base));
    } catch {
      throw new SourceError(
        "The ConfusionFlow server does not answer.",
        "Start it again with “confusionflow serve LOGDIR”; this page reconnects by itself.",
      );
    }
  }
}
