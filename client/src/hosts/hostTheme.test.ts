import { describe, expect, it } from "vitest";

import { isLight } from "./hostTheme";

describe("the text of a notebook", () => {
  it.each([
    "white",
    "#eee",
    "rgb(230, 230, 230)",
    "rgba(255, 255, 255, 0.87)",
    "color(srgb 0.9 0.9 0.9)",
    "oklch(0.9 0 0)",
  ])("is light: %s", (css) => expect(isLight(css)).toBe(true));

  it.each([
    "black",
    "#333",
    "rgb(0, 0, 0)",
    "rgba(0, 0, 0, 0.87)",
    "color(srgb 0.1 0.1 0.1)",
    "no-colour(1 2 3)",
  ])("is dark: %s", (css) => expect(isLight(css)).toBe(false));
});
