import { THEMES, type Theme } from "../plots/theme";

export type Choice = "system" | "light" | "dark";
const KEY = "confusionflow:appearance";

/** Tells whether what is around the page is dark, at once and whenever that changes; returns what ends it. */
export type HostTheme = (tell: (isDark: boolean) => void) => () => void;

/** The system's choice. */
export const system: HostTheme = (tell) => {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  const listener = () => tell(query.matches);
  query.addEventListener("change", listener);
  listener();
  return () => query.removeEventListener("change", listener);
};

/** Light or dark: as the host is, unless the user chose; kept per browser, not in the link. */
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
    for (const [role, color] of Object.entries(this.theme))
      element.style.setProperty(`--${role}`, color);
  }
}
