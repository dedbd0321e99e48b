import { THEMES, type Theme } from "../plots/theme";

export type Choice = "system" | "light" | "dark";
const KEY = "confusionflow:appearance";

/**
 * Tells whether the surroundings of the page are dark, at once and whenever that changes; returns a function that
 * ends it.
 */
export type HostTheme = (tell: (isDark: boolean) => void) => () => void;

/** Follows the system's choice. */
export const system: HostTheme = (tell) => {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  const listener = () => tell(query.matches);
  query.addEventListener("change", listener);
  listener();
  return () => query.removeEventListener("change", listener);
};

/** Light or dark: like the host, unless the user chose; the choice is kept by the browser, not in links. */
export class Appearance {
  choice = $state<Choice>("system");
  private hostIsDark = $state(false);
  /** Paper is white. */
  isPrinted = $state(false);
  readonly theme: Theme = $derived(
    THEMES[
      this.isPrinted
        ? "light"
        : this.choice === "system"
          ? this.hostIsDark
            ? "dark"
            : "light"
          : this.choice
    ],
  );
  readonly stop: () => void;

  constructor(hostTheme: HostTheme = system) {
    this.stop = hostTheme((isDark) => (this.hostIsDark = isDark));
    try {
      const kept = localStorage.getItem(KEY);
      if (kept === "light" || kept === "dark") this.choice = kept;
    } catch {
      // Storage may be unavailable, as in a sandboxed frame: then the system decides.
    }
  }

  next(): void {
    this.choice = this.theme.scheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, this.choice);
    } catch {
      // The choice is not remembered, and that is all.
    }
  }

  /** Sets the theme's colours as CSS variables of an element. */
  apply(element: HTMLElement): void {
    element.dataset.scheme = this.theme.scheme;
    element.style.colorScheme = this.theme.scheme;
    for (const [role, color] of Object.entries(this.theme))
      element.style.setProperty(`--${role}`, color);
  }
}
