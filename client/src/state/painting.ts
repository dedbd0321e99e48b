import { flushSync } from "svelte";
import type { Attachment } from "svelte/attachments";

/** A User Timing mark that is set after every completed paint; tests and benches wait for it. */
export const PAINTED = "confusionflow:painted";

const jobs = new Set<() => void>();
const done: (() => void)[] = [];
const looks = new Set<() => void>();
let requested = false;

/** Draws in the next frame, once, however often it is asked for. */
export function requestPaint(job: () => void): void {
  jobs.add(job);
  if (requested) return;
  requested = true;
  requestAnimationFrame(() => {
    // Twice, because some sizes depend on others, such as those of rows that fill the rest.
    for (let round = 0; round < 2; round++) {
      for (const look of looks) look();
      flushSync();
    }
    requested = false;
    const due = [...jobs];
    jobs.clear();
    for (const draw of due) draw();
    for (const call of done.splice(0)) call();
    afterPaint(() => {
      performance.clearMarks(PAINTED);
      performance.mark(PAINTED);
    });
  });
}

/**
 * Tells an element's size whenever it changes, before anything is drawn: if one change causes others,
 * everything is drawn once.
 */
export function followSize(set: (width: number, height: number) => void): Attachment<HTMLElement> {
  return (element) => {
    const look = () => set(element.clientWidth, element.clientHeight);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    looks.add(look);
    return () => {
      observer.disconnect();
      looks.delete(look);
    };
  };
}

/** Tells whether an element can be seen, or would be after a little scrolling, whenever that changes. */
export function followSight(set: (isSeen: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    const observer = new IntersectionObserver((news) => set(news.at(-1)!.isIntersecting), {
      scrollMargin: "100px",
    });
    observer.observe(element);
    return () => observer.disconnect();
  };
}

/** Calls back once the next frame is drawn. */
export function whenDrawn(call: () => void): void {
  done.push(call);
  requestPaint(() => {});
}

/** Draws everything that is due at once, for printers, which do not wait for the next frame. */
export function paintNow(): void {
  flushSync();
  const due = [...jobs];
  jobs.clear();
  for (const draw of due) draw();
}

export function cancelPaint(job: () => void): void {
  jobs.delete(job);
}

/** Calls back after the paint: a message sent while a frame is prepared arrives when it has been painted. */
function afterPaint(call: () => void): void {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    call();
  };
  channel.port2.postMessage(null);
}
