import { THEMES, type Theme } from "../plots/theme";

export type Choice = "system" | "light" | "dark";
const KEY = "confusionflow:appearance";

/** Light or dark: as the system says, unless the user chose; kept per browser, not in the link. */
export class Appearance {
  choice = $state<Choice>("system");
  private systemIsDark = $state(false);
  readonly theme: Theme = $derived(
    THEMES[this.choice === "system" ? (this.systemIsDark ? "dark" : "light") : this.choice],
  );

  constructor() {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    this.systemIsDark = query.matches;
    query.addEventListener("change", () => (this.systemIsDark = query.matches));
    try {
      const kept = localStorage.getItem(KEY);
      if (kept === "light" || kept === "dark") this.choice = kept;
    } catch {
      // Storage may be off, as in a sandboxed frame; the system's choice stands.
    }
  }

  next(): void {
    this.choice = this.theme.scheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, this.choice);
    } catch {
      // Nothing is lost but the memory of it.
    }
  }

  /** Sets the theme's colours as CSS variables of an element. */
  apply(element: HTMLElement): void {
    element.dataset.scheme = this.theme.scheme;
    element.style.colorScheme = this.theme.scheme;
    for (const [role, color] of Object.entries(this.theme)) element.style.setProperty(`--${role}`, color);
  }
}
