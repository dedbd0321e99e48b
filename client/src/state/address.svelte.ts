import { toLink } from "./link";
import type { Session } from "./session.svelte";

/**
 * Keeps the window's address the link to the view. A choice of data (series, what the detail shows) is a
 * step that the browser's back button takes back; sliders and brushes only replace the address.
 */
export function followAddress(session: Session): void {
  let step = stepOf(session);
  $effect.root(() => {
    $effect(() => {
      const link = `#${toLink(session.view)}`;
      if (link === location.hash || session.view.series === null) return;
      const next = stepOf(session);
      const isFirst = !location.hash;
      if (next === step || isFirst) history.replaceState(null, "", link);
      else history.pushState(null, "", link);
      step = next;
    });
  });
  window.addEventListener("popstate", () => {
    session.follow(location.hash);
    step = stepOf(session);
  });
}

function stepOf({ view }: Session): string {
  return JSON.stringify([view.series, view.selection, view.hidden, view.order]);
}
