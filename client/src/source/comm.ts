import { ApiSource } from "./api";
import { gunzip } from "./gunzip";
import type { SeriesData } from "./series";
import { SourceError, type LiveState, type SeriesRef, type TableFormat } from "./source";
import { Tables } from "./table";

/** What of a widget's model a source needs. */
export interface Channel {
  get(name: "_answers"): Record<string, Answer & { body: DataView }>;
  send(question: Question): void;
  on(event: "msg:custom", listener: (answer: Answer, buffers: DataView[]) => void): void;
  off(event: "msg:custom", listener: (answer: Answer, buffers: DataView[]) => void): void;
}

/** Asks for a path of the API; an answer with this version need not come again. */
interface Question {
  ask: string;
  version?: string;
}

/** What the API answers at a path; the body comes beside it, gzipped. */
interface Answer {
  path: string;
  status: number;
  /** Of an answer that the kernel sends again whenever it changes; null: of this moment only. */
  version: string | null;
}

type Held = Answer & { body: DataView<ArrayBuffer> };

/** A kernel that runs a cell reads no questions before the cell has ended. */
const PATIENCE_MS = 2000;

/**
 * The data of a notebook's kernel. No address of it can be reached from where a notebook is seen, so
 * questions and answers are messages of the widget. While a cell trains the kernel reads none, but
 * sends: what was asked for once it sends anew whenever it changes.
 */
export class CommSource extends ApiSource {
  private readonly held = new Map<string, Held>();
  private readonly waiting = new Map<string, ((answer: Held) => void)[]>();
  private readonly listeners = new Set<() => void>();
  private readonly tables = new Tables();

  constructor(private readonly channel: Channel) {
    super();
    for (const [path, answer] of Object.entries(channel.get("_answers"))) this.held.set(path, answer as Held);
    channel.on("msg:custom", this.take);
  }

  close(): void {
    this.channel.off("msg:custom", this.take);
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    return this.tables.keep(await super.series(ref));
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null {
    return this.tables.url(ref, format, epochs);
  }

  watch(changed: (runIds: string[] | null) => void, state: (live: LiveState) => void): () => void {
    const listener = () => changed(null);
    this.listeners.add(listener);
    state("live");
    // A message may have been missed while no page looked.
    for (const [path, { version }] of this.held) this.channel.send({ ask: path, version: version! });
    return () => this.listeners.delete(listener);
  }

  protected async ask(path: string): Promise<Response> {
    const { body, status } = this.held.get(path) ?? (await this.question(path));
    return new Response(gunzip(body).body, { status });
  }

  private question(path: string): Promise<Held> {
    return new Promise((resolve, reject) => {
      this.waiting.set(path, [...(this.waiting.get(path) ?? []), resolve]);
      this.channel.send({ ask: path });
      setTimeout(
        () =>
          reject(
            new SourceError(
              "The kernel does not answer; it may be busy with a cell.",
              "What you asked for comes by itself when the cell has ended. If the kernel was restarted, run this cell again.",
            ),
          ),
        PATIENCE_MS,
      );
    });
  }

  private readonly take = (answer: Answer, [body]: DataView[]) => {
    const held = { ...answer, body: body as DataView<ArrayBuffer> };
    if (answer.version === null) this.held.delete(answer.path);
    else this.held.set(answer.path, held);
    for (const resolve of this.waiting.get(answer.path) ?? []) resolve(held);
    this.waiting.delete(answer.path);
    // The list of runs comes last of what changed, and names the versions of all series.
    if (answer.version !== null) for (const tell of this.listeners) tell();
  };
}
