import { toLink } from "./link";
import type { Session } from "./session.svelte";

/** Browsers refuse, or drop, more than about 100 changes of the address in 30 s. */
const PAUSE_MS = 400;
/** A change takes the browser some milliseconds, which are the paint's first. */
const DELAY_MS = 40;

/**
 * Keeps the window's address the link to the view. A choice of data (series, classes, what the detail
 * shows) is a step that the browser's back button takes back; sliders, brushes and what the page does
 * by itself only replace the address.
 */
export function followAddress(session: Session): void {
  let step = stepOf(session);
  let link = location.hash;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writtenAt = -PAUSE_MS;

  function write() {
    clearTimeout(timer);
    timer = undefined;
    if (link === location.hash) return;
    history.replaceState(null, "", link);
    writtenAt = performance.now();
  }

  $effect.root(() => {
    $effect(() => {
      if (session.view.series === null) return;
      const next = `#${toLink(session.view)}`;
      const nextStep = stepOf(session);
      const isStep = nextStep !== step && location.hash !== "";
      step = nextStep;
      if (next === link) return;
      if (isStep) {
        write();
        history.pushState(null, "", next);
      }
      link = next;
      timer ??= setTimeout(write, Math.max(DELAY_MS, writtenAt + PAUSE_MS - performance.now()));
    });
  });
  window.addEventListener("pagehide", write);
  window.addEventListener("popstate", () => {
    clearTimeout(timer);
    timer = undefined;
    link = location.hash;
    session.follow(link);
    step = stepOf(session);
  });
}

/** What is a step of its own; the same all the while the page chooses the series itself. */
function stepOf({ view, followsNewest }: Session): string {
  return JSON.stringify([followsNewest ? null : view.series, view.baseline, view.fold, view.selection, view.hidden, view.order, view.grouping, view.found, view.opened, view.focus]);
}
