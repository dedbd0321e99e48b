import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { plottedOf } from "../testing/plotted";
import { Playback } from "./playback.svelte";
import type { ShownSeries } from "./series/series";
import { INITIAL_VIEW, type ViewState } from "./view";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function begin(range: [number, number], ...epochs: number[][]) {
  const series = epochs.map((all, at) => ({
    ...plottedOf(
      `${at}`,
      ["a"],
      all,
      all.map(() => [[1]]),
    ),
    ...{ key: `${at}`, runId: `${at}`, splitId: "test" },
  })) as ShownSeries[];
  const view: ViewState = { ...INITIAL_VIEW };
  const session = {
    view,
    series,
    range,
    get playhead() {
      return view.playhead ?? range[1];
    },
  };
  return { view, playback: new Playback(session) };
}

it("steps over the epochs that any series has, within the range", () => {
  const { view, playback } = begin([2, 20], [0, 5, 10], [7, 30]);
  expect(playback.epochs).toEqual([5, 7, 10]);
  playback.step(-1);
  expect(view.playhead).toBe(7);
  playback.step(-9);
  expect(view.playhead).toBe(5);
});

it("follows the newest epoch again after the last step", () => {
  const { view, playback } = begin([0, 10], [0, 5, 10]);
  view.playhead = 5;
  playback.step(1);
  expect(view.playhead).toBeNull();
});

it("does nothing without epochs", () => {
  const { view, playback } = begin([0, 10]);
  playback.step(1);
  expect(view.playhead).toBeNull();
});

it("plays from the start if the playhead is at the end, and ends there", () => {
  const { view, playback } = begin([0, 10], [0, 5, 10]);
  playback.toggle();
  expect([playback.isPlaying, view.playhead]).toEqual([true, 0]);
  vi.advanceTimersByTime(250);
  expect(view.playhead).toBe(5);
  vi.advanceTimersByTime(250);
  expect([playback.isPlaying, view.playhead]).toEqual([false, null]);
});

it("pauses where it is", () => {
  const { view, playback } = begin([0, 10], [0, 5, 10]);
  playback.toggle();
  playback.toggle();
  vi.advanceTimersByTime(5000);
  expect([playback.isPlaying, view.playhead]).toEqual([false, 0]);
});
