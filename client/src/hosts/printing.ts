import type { Appearance } from "../state/appearance.svelte";
import { paintNow } from "../state/painting";

/** Prints the page in light colours, on one sheet of the window's shape, so that charts keep their places and sizes. */
export function followPrinter(appearance: Appearance): void {
  const sheet = new CSSStyleSheet();
  const draw = (isPrinted: boolean) => {
    appearance.isPrinted = isPrinted;
    paintNow();
    if (isPrinted) for (const canvas of document.querySelectorAll("canvas")) flatten(canvas);
  };
  window.addEventListener("beforeprint", () => {
    // A figure that takes the page's place on its way to a PDF has a size of its own.
    if (!document.querySelector(".app")) return;
    const { innerWidth: width, innerHeight: height } = window;
    sheet.replaceSync(`@page { size: ${width}px ${height}px; margin: 0 }`);
    document.adoptedStyleSheets = [sheet];
    draw(true);
  });
  window.addEventListener("afterprint", () => {
    document.adoptedStyleSheets = [];
    draw(false);
  });
}

/**
 * Replaces a canvas's content by a picture of it. Chromium prints whatever was drawn since the last frame as
 * vectors, and loses some of the lines; it prints a picture as it is.
 */
function flatten(canvas: HTMLCanvasElement): void {
  const pen = canvas.getContext("2d");
  if (!pen || !canvas.width || !canvas.height) return;
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.globalCompositeOperation = "copy";
  pen.drawImage(canvas, 0, 0);
  pen.restore();
}
