/** The page of a server, and the one-file report, which is the same page with its data in it. */

import "@fontsource-variable/inter/wght.css";
import "../views/page.css";
import { mount } from "svelte";
import { EmbeddedSource, findEmbedded } from "../source/embedded";
import { HttpSource } from "../source/http";
import { Appearance } from "../state/appearance.svelte";
import { followUrl } from "../state/url.svelte";
import { drawFigure, type FigureFormat, type FigureName } from "../state/figures";
import { Session } from "../state/session.svelte";
import { fontReady } from "./font";
import { followPrinter } from "./printing";
import App from "../views/App.svelte";

/** What programs call on the page: `confusionflow figure` draws with it in a hidden browser. */
interface PageCalls {
  /** A figure of what is shown, as a data URL: its width in CSS pixels, and a PNG's pixels for each. */
  figure(name: FigureName, format: FigureFormat, width?: number, scale?: number): Promise<string>;
}

/** How long a page stays blank rather than to say that it loads. */
const SOON_MS = 100;

const embedded = findEmbedded(document);
const source = embedded
  ? new EmbeddedSource(embedded)
  : new HttpSource(new URL("./", document.baseURI).href);
// Trackers show a report in a frame that has no address: a link to a view would lead nowhere.
const pageUrl = /^(about|blob|data):/.test(location.href) ? null : location.href.split("#")[0];
const session = new Session(source, location.hash || embedded?.view, pageUrl);
const appearance = new Appearance();
appearance.apply(document.documentElement);
const looked = session.start();
await fontReady();
// What comes at once is shown at once: a page that says that it loads would only delay it.
await Promise.race([looked, new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
if (pageUrl) followUrl(session);
followPrinter(appearance);
const target = document.getElementById("app")!;
target.replaceChildren();
mount(App, {
  target,
  props: { session, appearance, root: document.documentElement },
});

const calls: PageCalls = {
  figure: async (name, format, width) => toDataUrl(await drawFigure(session, name, format, width)),
};
Object.assign(window, { confusionflow: calls });

function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
