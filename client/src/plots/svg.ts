import { Context } from "svgcanvas";

import type { Pen } from "./pen";

/** Characters that no XML file can hold, not even escaped: names may have them. */
const NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** What is drawn, as the text of an SVG file. Sizes are in CSS pixels. */
export function toSvg(width: number, height: number, draw: (pen: Pen) => void): string {
  const context = new Context({ width, height });
  const fonts: string[] = [];
  const fillText = context.fillText.bind(context);
  context.fillText = (text: string, x: number, y: number) => {
    fonts.push(context.font);
    fillText(text.replaceAll(NO_XML, "\ufffd"), x, y);
  };
  draw(context as unknown as Pen);
  const svg = context.getSvg();
  // svgcanvas reads fonts by a style attribute, which the page's security policy refuses.
  svg.querySelectorAll("text").forEach((text, i) => setFont(text, fonts[i]));
  for (const element of svg.querySelectorAll('[transform="matrix(1 0 0 1 0 0)"]')) element.removeAttribute("transform");
  return new XMLSerializer().serializeToString(svg);
}

function setFont(text: SVGTextElement, font: string): void {
  const { style } = document.createElement("span");
  style.font = font;
  text.setAttribute("font-family", style.fontFamily);
  text.setAttribute("font-size", style.fontSize);
  text.setAttribute("font-weight", style.fontWeight);
  for (const unset of ["font-style", "text-decoration"]) text.removeAttribute(unset);
}
