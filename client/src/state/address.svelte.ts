import { toLink } from "./link";
import type { Session } from "./session.svelte";

/** Browsers refuse, or drop, more than about 100 changes of the address in 30 s. */
const PAUSE_MS = 400;
const MOST_AT_ONCE = 20;

/**
 * Keeps the window's address the link to the view. A choice of data (series, classes, what the detail
 * shows) is a step that the browser's back button takes back; sliders, brushes and what the page does
 * by itself only replace the address.
 */
export function followAddress(session: Session): void {
  let step = stepOf(session);
  let link = location.hash;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let left = MOST_AT_ONCE;
  let countedAt = 0;

  function write() {
    clearTimeout(timer);
    timer = undefined;
    if (link === location.hash) return;
    history.replaceState(null, "", link);
    left = Math.min(MOST_AT_ONCE, left + (performance.now() - countedAt) / PAUSE_MS) - 1;
    countedAt = performance.now();
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
      if (left + (performance.now() - countedAt) / PAUSE_MS >= 1) write();
      else timer ??= setTimeout(write, PAUSE_MS);
    });
  });
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
  return JSON.stringify([followsNewest ? null : view.series, view.selection, view.hidden, view.order]);
}
