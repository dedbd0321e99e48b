import "@fontsource-variable/inter/wght.css";
import "../views/page.css";
import { mount } from "svelte";

import type { DataSource } from "../source/source";
import { Appearance } from "../state/appearance.svelte";
import type { FigureFormat, FigureName } from "../state/figures";
import { Session } from "../state/session.svelte";
import { followUrl } from "../state/url.svelte";
import App from "../views/App.svelte";
import { later } from "../views/later";
import { fontReady } from "./font";
import { followPrinter } from "./printing";

/** The page's interface for programs: `confusionflow figure` uses it in a hidden browser. */
interface PageCalls {
  /**
   * Draws a figure of what is shown and returns a data URL. The width is in CSS pixels; a PNG has `scale` pixels
   * for each.
   */
  figure(name: FigureName, format: FigureFormat, width?: number, scale?: number): Promise<string>;
}

/** How long a page stays blank before it says that it is loading. */
const SOON_MS = 100;

/**
 * Shows the data of a source in this document.
 *
 * @param view the view to begin with if the URL has none
 */
export async function showPage(source: DataSource, view = ""): Promise<void> {
  // Trackers show a report in a frame that has no address: a link to a view would lead nowhere.
  const pageUrl = /^(about|blob|data):/.test(location.href) ? null : location.href.split("#")[0];
  const session = new Session(source, location.hash || view, pageUrl);
  const appearance = new Appearance();
  appearance.apply(document.documentElement);
  const looked = session.start();
  await fontReady();
  // Data that comes at once is shown at once: a page that says "loading" would only delay it.
  await Promise.race([looked, new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
  if (pageUrl) followUrl(session);
  followPrinter(appearance);
  const target = document.getElementById("app")!;
  target.replaceChildren();
  mount(App, { target, props: { session, appearance, root: document.documentElement } });

  const figures = later("figures");
  const calls: PageCalls = {
    figure: async (name, format, width) => {
      const { drawFigure } = await figures();
      return toDataUrl(await drawFigure(session, name, format, width));
    },
  };
  Object.assign(window, { confusionflow: calls });
}

function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
