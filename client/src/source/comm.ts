import { ApiSource } from "./api";
import { gunzip } from "./gunzip";
import type { SeriesData } from "../compute/series/data";
import { SourceError, type LiveState, type SeriesRef, type TableFormat } from "./source";
import { Tables } from "./table";

/** The part of a widget's model that a source needs. */
export interface Channel {
  get(name: "_answers"): Record<string, Answer & { body: DataView }>;
  send(question: Question): void;
  on(event: "msg:custom", listener: Listener): void;
  off(event: "msg:custom", listener: Listener): void;
}

/** A request for a path of the API; an answer with this version need not be sent again. */
interface Question {
  ask: string;
  version?: string;
}

/** The API's answer for a path; the body is sent with it, gzipped. */
interface Answer {
  path: string;
  status: number;
  /**
   * The version of an answer that the kernel sends again whenever it changes; null for an answer that it sends
   * once.
   */
  version: string | null;
}

/** What the kernel sends if it has nothing else to send: it is alive. */
interface Alive {
  alive: true;
}

type Listener = (message: Answer | Alive, buffers: DataView[]) => void;

type Held = Answer & { body: DataView<ArrayBuffer> };

interface Waiting {
  resolve(answer: Held): void;
  timer: ReturnType<typeof setTimeout>;
}

/** A kernel that runs a cell reads no requests before the cell has ended. */
const PATIENCE_MS = 2000;

const MOST_IMAGES = 1000;

/** A living kernel says so every five seconds, even while it runs a cell (src/confusionflow/hosts/widget.py). */
const SILENCE_MS = 15_000;

/**
 * The data of a notebook's kernel. A notebook's page may not reach any address of the kernel, so requests
 * and answers are messages of the widget. While a cell runs, the kernel reads no messages, but it can send
 * some: whatever was asked for once is sent again whenever it changes.
 */
export class CommSource extends ApiSource {
  private readonly held = new Map<string, Held>();
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly listeners = new Set<() => void>();
  private readonly states = new Set<(live: LiveState) => void>();
  private readonly tables = new Tables();
  private readonly images = new Map<string, Promise<string>>();
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly channel: Channel) {
    super();
    for (const [path, answer] of Object.entries(channel.get("_answers")))
      this.held.set(path, answer as Held);
    channel.on("msg:custom", this.take);
  }

  close(): void {
    clearTimeout(this.silence);
    this.channel.off("msg:custom", this.take);
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    return this.tables.keep(await super.series(ref));
  }

  tableUrl(ref: SeriesRef, format: TableFormat, epochs: [number, number] | null): string | null {
    return this.tables.url(ref, format, epochs);
  }

  /** Images are sent like all other answers; the last ones are kept. */
  imageUrl(address: string): Promise<string> {
    const known = this.images.get(address);
    if (known) return known;
    const url = this.get(address)
      .then((answer) => answer.blob())
      .then((image) => URL.createObjectURL(image));
    url.catch(() => this.images.delete(address));
    this.images.set(address, url);
    for (const [oldest, old] of this.images) {
      if (this.images.size <= MOST_IMAGES) break;
      this.images.delete(oldest);
      void old.then((each) => URL.revokeObjectURL(each));
    }
    return url;
  }

  watch(changed: (runIds: string[] | null) => void, state: (live: LiveState) => void): () => void {
    const listener = () => changed(null);
    this.listeners.add(listener);
    this.states.add(state);
    this.hear();
    // A message may have been missed while there was no page.
    for (const [path, { version }] of this.held)
      send(this.channel, { ask: path, version: version! });
    return () => {
      this.listeners.delete(listener);
      this.states.delete(state);
    };
  }

  protected async ask(path: string): Promise<Response> {
    const { body, status } = this.held.get(path) ?? (await this.question(path));
    return new Response(gunzip(body).body, { status });
  }

  private question(path: string): Promise<Held> {
    return new Promise((resolve, reject) => {
      const waiting = this.waiting.get(path) ?? new Set();
      this.waiting.set(path, waiting);
      const giveUp = () => {
        waiting.delete(one);
        reject(
          new SourceError(
            "The kernel does not answer; it may be busy with a notebook cell.",
            hintOf(path),
          ),
        );
      };
      const one = { resolve, timer: setTimeout(giveUp, PATIENCE_MS) };
      waiting.add(one);
      send(this.channel, { ask: path });
    });
  }

  /** Notes a sign of life. Hosts do not always say that a kernel died, so its silence must tell. */
  private hear(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.say("reconnecting"), SILENCE_MS);
    this.say("live");
  }

  private say(live: LiveState): void {
    for (const state of this.states) state(live);
  }

  private readonly take: Listener = (answer, [body]) => {
    this.hear();
    if ("alive" in answer) return;
    const held = { ...answer, body: body as DataView<ArrayBuffer> };
    if (answer.version === null) this.held.delete(answer.path);
    else this.held.set(answer.path, held);
    for (const { resolve, timer } of this.waiting.get(answer.path) ?? []) {
      clearTimeout(timer);
      resolve(held);
    }
    this.waiting.delete(answer.path);
    // Of everything that changed, the list of runs comes last. It names the versions of all series.
    if (answer.version !== null) for (const tell of this.listeners) tell();
  };
}

/** Sends a message. That a kernel has died is noticed by its silence. */
export function send<Message>(to: { send(message: Message): void }, message: Message): void {
  try {
    to.send(message);
  } catch (error) {
    console.warn("The kernel of this page takes no messages.", error);
  }
}

/** What to do if the kernel is busy: a series that comes late is still shown, but an order may no longer be wanted. */
function hintOf(path: string): string {
  const next = ["api/order?", "api/tree?", "api/marks?"].some((start) => path.startsWith(start))
    ? "Choose it again when the notebook cell has ended."
    : "What you asked for appears when the notebook cell has ended.";
  return `${next} If the kernel was restarted, run the notebook cell of this page again.`;
}
