import { toLink } from "./link";
import type { Session } from "./session.svelte";

/**
 * How long the view must rest before the URL follows. Browsers refuse more than about 100 changes in
 * 30 s, and during a drag each change costs milliseconds and loads the page's icon again.
 */
const REST_MS = 300;

/**
 * Keeps the window's URL the link to the view. A choice of data (series, classes, what the detail
 * shows) is a step that the browser's back button undoes; sliders, brushes and what the page does by
 * itself only replace the URL.
 */
export function followUrl(session: Session): void {
  let step = stepOf(session);
  let link = location.hash;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function write() {
    clearTimeout(timer);
    if (link === location.hash) return;
    history.replaceState(null, "", link || withoutLink());
  }

  $effect.root(() => {
    $effect(() => {
      if (session.view.series === null) return;
      const next = linkOf(session);
      const nextStep = stepOf(session);
      const isStep = nextStep !== step;
      step = nextStep;
      if (next === link) return;
      if (isStep) {
        write();
        history.pushState(null, "", next || withoutLink());
      }
      link = next;
      clearTimeout(timer);
      timer = setTimeout(write, REST_MS);
    });
  });
  window.addEventListener("pagehide", write);
  window.addEventListener("popstate", () => {
    clearTimeout(timer);
    link = location.hash;
    session.follow(link);
    step = stepOf(session);
  });
}

/**
 * The view as the fragment of a URL. Series that the page chose by itself are left out, so that the link follows
 * new runs.
 */
function linkOf({ view, followsNewest }: Session): string {
  const link = toLink(followsNewest ? { ...view, series: null } : view);
  return link && `#${link}`;
}

function withoutLink(): string {
  return `${location.pathname}${location.search}`;
}

/** The part of the view whose changes are steps of their own. It stays the same while the page chooses the series. */
function stepOf({ view, followsNewest }: Session): string {
  return JSON.stringify([
    followsNewest ? null : view.series,
    view.baseline,
    view.fold,
    view.selection,
    view.hidden,
    view.order,
    view.grouping,
    view.found,
    view.opened,
    view.focus,
  ]);
}
