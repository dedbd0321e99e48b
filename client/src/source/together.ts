import { tableFromIPC } from "@uwdata/flechette";

import type { SeriesData } from "../compute/series/data";
import { decodeSeries } from "./decode";
import { keyOf, type SeriesRef } from "./source";

/** Browsers send only this many requests to a server at once; further ones wait. */
const AT_ONCE = 6;
/** Series that are asked for in one address: proxies refuse those of more than 8 KB. */
const MOST = 64;

/** Asks for many series in one answer, if they are wanted at the same moment. */
export class SeriesTogether {
  private wanted: SeriesRef[] = [];
  private coming: Promise<ReadonlyMap<string, SeriesData>> | null = null;

  /** @param get asks for a path of the API */
  constructor(private readonly get: (path: string) => Promise<Response>) {}

  /** A series; null if it must be asked for by itself. */
  async of(ref: SeriesRef): Promise<SeriesData | null> {
    this.wanted.push(ref);
    this.coming ??= Promise.resolve().then(() => this.ask());
    return (await this.coming).get(keyOf(ref)) ?? null;
  }

  private async ask(): Promise<ReadonlyMap<string, SeriesData>> {
    const { wanted } = this;
    [this.wanted, this.coming] = [[], null];
    const parts: SeriesRef[][] = [];
    if (wanted.length > AT_ONCE)
      for (let at = 0; at < wanted.length; at += MOST) parts.push(wanted.slice(at, at + MOST));
    const found = await Promise.all(parts.map((part) => this.read(part)));
    return new Map(found.flat().map((data) => [keyOf(data), data]));
  }

  /** The series of an answer; none if there is no answer: asking for each alone then reports the error. */
  private async read(refs: readonly SeriesRef[]): Promise<SeriesData[]> {
    const query = new URLSearchParams(refs.map((ref) => ["series", keyOf(ref)]));
    try {
      const answer = await this.get(`api/series?${query}`);
      const table = tableFromIPC(await answer.arrayBuffer());
      return Array.from(table.getChild("series") as Iterable<Uint8Array>, decodeSeries);
    } catch {
      return [];
    }
  }
}
