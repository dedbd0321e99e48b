import { Context } from "svgcanvas";

import type { Pen } from "./pen";

/** Characters that names may have, but that no XML file can hold, not even escaped. */
const NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
/** The size of rectangles that stand in for texts: no chart draws one of this size. */
const PLACE = 1e-9;
const ANCHORS: Record<string, string> = { right: "end", center: "middle", end: "end" };
const BASELINES: Record<string, string> = {
  hanging: "hanging",
  top: "text-before-edge",
  bottom: "text-after-edge",
  middle: "central",
};

interface Text {
  text: string;
  font: string;
  align: string;
  baseline: string;
}

/** Returns what is drawn as the text of an SVG file. Sizes are in CSS pixels. */
export function toSvg(width: number, height: number, draw: (pen: Pen) => void): string {
  const context = new Context({ width, height });
  const texts: Text[] = [];
  // svgcanvas reads fonts from a style attribute, which the page's security policy forbids.
  context.fillText = (text: string, x: number, y: number) => {
    texts.push({
      text: text.replaceAll(NO_XML, "\ufffd"),
      font: context.font,
      align: context.textAlign,
      baseline: context.textBaseline,
    });
    context.fillRect(x, y, PLACE, PLACE);
  };
  draw(context as unknown as Pen);
  const svg = context.getSvg();
  svg
    .querySelectorAll(`rect[width="${PLACE}"]`)
    .forEach((place, i) => place.replaceWith(textAt(place, texts[i])));
  for (const element of svg.querySelectorAll('[transform="matrix(1 0 0 1 0 0)"]'))
    element.removeAttribute("transform");
  return new XMLSerializer().serializeToString(svg);
}

/** A text element with the colour and place of its placeholder. */
function textAt(place: Element, { text, font, align, baseline }: Text): Element {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "text");
  const { style } = document.createElement("span");
  style.font = font;
  element.setAttribute("font-family", style.fontFamily);
  element.setAttribute("font-size", style.fontSize);
  element.setAttribute("font-weight", style.fontWeight);
  element.setAttribute("text-anchor", ANCHORS[align] ?? "start");
  element.setAttribute("dominant-baseline", BASELINES[baseline] ?? "alphabetic");
  for (const { name, value } of place.attributes)
    if (name !== "width" && name !== "height") element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
