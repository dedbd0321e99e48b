import type { Scheme } from "../compute/scale/ramp";

/** Colours by role. Set as CSS variables on the page, and used by name in drawings. */
export interface Theme {
  scheme: Scheme;
  /** The ground of everything. */
  ground: string;
  /** Panels, menus and the zero of a heat strip. */
  surface: string;
  raised: string;
  ink: string;
  muted: string;
  faint: string;
  /** Borders of controls, 3:1 against the surface. */
  border: string;
  /** Hairlines between cells and rows. */
  line: string;
  grid: string;
  /** Cells and pixels without a number. */
  gap: string;
  accent: string;
  danger: string;
}

export const THEMES: Record<Scheme, Theme> = {
  light: {
    scheme: "light",
    ground: "#ffffff",
    surface: "#ffffff",
    raised: "#f3f5f8",
    ink: "#15181d",
    muted: "#59616e",
    faint: "#6f7784",
    border: "#8a93a1",
    line: "#dde1e7",
    grid: "#eceff3",
    gap: "#e3e6eb",
    accent: "#1f5fae",
    danger: "#b3261e",
  },
  dark: {
    scheme: "dark",
    ground: "#1b1b1b",
    surface: "#1b1b1b",
    raised: "#272728",
    ink: "#f0f0f1",
    muted: "#b4b4b8",
    faint: "#9a9a9f",
    border: "#7d7d83",
    line: "#3a3a3c",
    grid: "#303032",
    gap: "#48484b",
    accent: "#7fb2f0",
    danger: "#ff8a80",
  },
};

export const FONT_FAMILY = '"Inter Variable", Inter, system-ui, sans-serif';

/** Size of type in a chart of a width: larger if there is room, as on a large screen. */
export function textSize(width: number): number {
  return width >= 900 ? 14 : 12;
}

export function font(size: number, weight = 400): string {
  return `${weight} ${size}px ${FONT_FAMILY}`;
}
