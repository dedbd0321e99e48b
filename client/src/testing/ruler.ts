import type { Pen } from "../plots/pen";

/** Pixels of every character that `ruler` measures. */
export const CHARACTER = 7;

/** Measures texts without a canvas: all characters are equally wide. */
export const ruler = {
  font: "",
  measureText: (text: string) => ({ width: CHARACTER * text.length }),
} as unknown as Pen;
