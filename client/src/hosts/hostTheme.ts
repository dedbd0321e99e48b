import { parse, wcagLuminance } from "culori/fn";

import "../compute/scale/ramp"; // tells culori the colour spaces that there are
import type { HostTheme } from "../state/appearance.svelte";

/**
 * Whether a notebook is light or dark around an element. All notebooks write light text on a dark ground
 * or the other way round, and set their themes by attributes of the document.
 */
export function followHost(element: HTMLElement): HostTheme {
  return (tell) => {
    const look = () => tell(isLight(getComputedStyle(element).color));
    const observer = new MutationObserver(() => {
      look();
      // The theme's style sheet may come after the attribute that names it.
      setTimeout(look, 500);
    });
    for (const watched of [document.documentElement, document.body])
      observer.observe(watched, {
        attributes: true,
        attributeFilter: [
          "class",
          "style",
          "theme",
          "data-theme",
          "data-jp-theme-name",
          "data-jp-theme-light",
          "data-vscode-theme-id",
        ],
      });
    look();
    return () => observer.disconnect();
  };
}

/** Whether a CSS colour is light; one in an unknown colour space counts as dark. */
export function isLight(css: string): boolean {
  const color = parse(css);
  return color !== undefined && wcagLuminance(color) > 0.4;
}
