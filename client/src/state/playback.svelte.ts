import type { ShownSeries } from "./series/series";
import type { ViewState } from "./view";

/** The part of a session that playing reads, and the view in which it moves the playhead. */
interface PlaybackContext {
  readonly view: ViewState;
  readonly series: readonly ShownSeries[];
  readonly range: [number, number];
  readonly playhead: number;
}

/** Moves the playhead through the epochs: step by step, or by itself. */
export class Playback {
  isPlaying = $state(false);

  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly session: PlaybackContext) {}

  /** All epochs within the range that any shown series has. */
  readonly epochs: number[] = $derived.by(() => {
    const {
      series,
      range: [first, last],
    } = this.session;
    const epochs = new Set<number>();
    for (const s of series)
      for (const epoch of Array.from(s.epochs))
        if (epoch >= first && epoch <= last) epochs.add(epoch);
    return [...epochs].sort((a, b) => a - b);
  });

  /** Plays through the range, or pauses; if the playhead is at the end, it starts from the beginning. */
  toggle(): void {
    this.stop();
    this.isPlaying = !this.isPlaying;
    if (!this.isPlaying) return;
    const { view, playhead } = this.session;
    if (playhead >= (this.epochs.at(-1) ?? 0)) view.playhead = this.epochs[0] ?? null;
    const pause = Math.max(16, Math.min(250, 12_000 / Math.max(1, this.epochs.length)));
    this.timer = setInterval(() => {
      this.step(1);
      if (view.playhead === null) this.toggle();
    }, pause);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Moves the playhead by so many logged epochs, within the range. */
  step(by: number): void {
    const { epochs, session } = this;
    if (!epochs.length) return;
    const at = epochs.findLastIndex((epoch) => epoch <= session.playhead);
    const next = epochs[Math.min(epochs.length - 1, Math.max(0, at + by))];
    session.view.playhead = next === epochs[epochs.length - 1] ? null : next;
  }
}
