import { parse, wcagLuminance } from "culori";

import type { Surroundings } from "../state/appearance.svelte";

/**
 * What a notebook looks like where an element is. All kinds of notebooks write light text on dark
 * ground or the other way round, and set their themes by attributes of the document.
 */
export function followHost(element: HTMLElement): Surroundings {
  return (tell) => {
    const look = () => tell(wcagLuminance(parse(getComputedStyle(element).color)!) > 0.4);
    const observer = new MutationObserver(() => {
      look();
      // The theme's style sheet may come after the attribute that names it.
      setTimeout(look, 500);
    });
    for (const watched of [document.documentElement, document.body])
      observer.observe(watched, { attributes: true, attributeFilter: ["class", "style", "theme", "data-theme", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-id"] });
    look();
    return () => observer.disconnect();
  };
}
