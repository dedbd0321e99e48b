/** Paths of the icons, drawn as lines on a 16 × 16 grid. */
export const ICONS = {
  heat: "M2.5 3.4h11M2.5 4.4h11M2.5 7.5h11M2.5 8.5h11M2.5 11.6h11M2.5 12.6h11",
  lines: "M2 11l3.5-4 3 2.5L14 4",
  across: "M2.5 8h11M10 4.5L13.5 8 10 11.5",
  down: "M8 2.5v11M4.5 10L8 13.5l3.5-3.5",
  diagonal: "M2.5 2.5h11v11h-11zM2.5 2.5l11 11",
  classes: "M2.5 4h7M2.5 8h5M2.5 12h3M12 4v8.5M9.8 10.3L12 12.5l2.2-2.2",
  play: "M5 3.2v9.6l7.5-4.8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  export: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13h10.4",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.2 10.2l3.3 3.3",
  up: "M8 12.5v-9M4.8 6.7L8 3.5l3.2 3.2",
  compare: "M8 2.5v6M5 5.5h6M5 12.5h6",
  fold: "M2.5 3.5c3 0 4 4.5 11 4.5M2.5 8h11M2.5 12.5c3 0 4-4.5 11-4.5",
  warning: "M8 2.5l6 10.8H2zM8 6.5v3M8 11.4v.1",
} as const;

export type IconName = keyof typeof ICONS;
