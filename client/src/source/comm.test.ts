import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CommSource, type Channel } from "./comm";
import type { LiveState } from "./source";

type Listener = Parameters<Channel["on"]>[1];

/** The browser's end of a kernel's messages; `answer` is what the kernel does. */
function connect() {
  let listener: Listener = () => {};
  const asked: string[] = [];
  const channel: Channel = {
    get: () => ({}),
    send: ({ ask }) => void asked.push(ask),
    on: (_, take) => (listener = take),
    off: () => {},
  };
  const answer = (path: string, version: string | null, said: unknown, status = 200) => {
    const body = gzipSync(JSON.stringify(said));
    listener({ path, status, version }, [new DataView(body.buffer, body.byteOffset, body.length)]);
  };
  const beat = () => listener({ alive: true }, []);
  const source = new CommSource(channel);
  const states: LiveState[] = [];
  const stop = source.watch(
    () => {},
    (state) => states.push(state),
  );
  return { source, asked, answer, beat, states, stop };
}

const ORDER = {
  by: "name",
  series: [{ runId: "r", splitId: "s" }],
  epochs: [0, 1] as [number, number],
} as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a kernel that is busy", () => {
  it("is asked for no more than two seconds, and is there all the same", async () => {
    const { source, states } = connect();
    const runs = expect(source.runs()).rejects.toMatchObject({
      message: "The kernel does not answer; it may be busy with a notebook cell.",
      hint: expect.stringMatching(/^What you asked for appears when the notebook cell has ended\./),
    });
    vi.advanceTimersByTime(5000);
    await runs;
    expect(states).toEqual(["live"]);
  });

  it("is to be asked again for an order, which is not kept when it comes late", async () => {
    const { source, asked, answer } = connect();
    const order = () => source.order({ ...ORDER, series: [...ORDER.series] });
    const first = expect(order()).rejects.toMatchObject({
      hint: expect.stringMatching(/^Choose it again when the notebook cell has ended\./),
    });
    vi.advanceTimersByTime(5000);
    await first;
    answer(asked[0], null, { classes: ["late"] });
    const again = order();
    answer(asked[1], null, { classes: ["ant"] });
    vi.useRealTimers();
    expect(await again).toEqual(["ant"]);
  });

  it("is not waited for once it has answered", () => {
    const { source, answer } = connect();
    const before = vi.getTimerCount();
    void source.runs();
    expect(vi.getTimerCount()).toBe(before + 1);
    answer("api/runs", "1", { runs: [] });
    expect(vi.getTimerCount()).toBe(before);
  });
});

describe("a kernel that died", () => {
  it("is missed after fifteen seconds of silence, until something is heard of it", () => {
    const { answer, beat, states } = connect();
    for (const hear of [beat, beat, () => answer("api/runs", "1", { runs: [] })]) {
      vi.advanceTimersByTime(14_000);
      hear();
    }
    expect(new Set(states)).toEqual(new Set(["live"]));
    vi.advanceTimersByTime(16_000);
    expect(states.at(-1)).toBe("reconnecting");
    beat();
    expect(states.at(-1)).toBe("live");
  });

  it("is asked in vain where its host lets nothing be sent to it", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const channel = {
      get: () => ({}),
      on: () => {},
      off: () => {},
      send: () => {
        throw new Error("Cannot send");
      },
    };
    const runs = expect(new CommSource(channel).runs()).rejects.toThrow(
      "The kernel does not answer",
    );
    vi.advanceTimersByTime(5000);
    await runs;
    expect(warn).toHaveBeenCalledOnce();
  });

  it("is not waited for by a source that is closed", () => {
    const { source, stop } = connect();
    stop();
    source.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
