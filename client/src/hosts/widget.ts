/** The page within a notebook's cell, as anywidget shows it (src/confusionflow/hosts/widget.py). */

import fonts from "@fontsource-variable/inter/wght.css?inline";
import "./widget.css";
import "../views/page.css";
import { mount, unmount } from "svelte";
import { CommSource, send, type Channel } from "../source/comm";
import { Appearance } from "../state/appearance.svelte";
import { Session } from "../state/session.svelte";
import App from "../views/App.svelte";
import { followHost } from "./hostTheme";
import { followModel, type ViewModel } from "./viewmodel.svelte";

/** What anywidget's model gives, as far as it is used here. */
type Model = Channel & ViewModel & { send(message: Shown): void };

/** Says that a view came or went. */
interface Shown {
  shown: boolean;
}

/** The style sheet of all above, put here by the build. */
const STYLE = "__STYLE__";

/** A function, so that each model has a source of its own, which its views share. */
export default () => {
  let source: CommSource;
  return {
    initialize({ model }: { model: Model }): () => void {
      source = new CommSource(model);
      return () => source.close();
    },
    async render({ model, el }: { model: Model; el: HTMLElement }): Promise<() => void> {
      const session = new Session(source, model.get("view"));
      void session.start();
      // Text drawn before its font is here would stay in another one.
      await loadFonts();
      const appearance = new Appearance(followHost(el));
      const root = makeRoot(el);
      const resize = () => (root.style.height = `${model.get("height")}px`);
      model.on("change:height", resize);
      resize();
      const stopFollowing = followModel(session, model);
      const leaveKeys = keepKeys(el);
      const app = mount(App, { target: root, props: { session, appearance, root } });
      const tellShown = () => send<Shown>(model, { shown: true });
      const tellGone = () => send<Shown>(model, { shown: false });
      const tellBack = (event: PageTransitionEvent) => event.persisted && tellShown();
      // A tab that is closed takes no view away.
      window.addEventListener("pagehide", tellGone);
      window.addEventListener("pageshow", tellBack);
      tellShown();
      return () => {
        window.removeEventListener("pagehide", tellGone);
        window.removeEventListener("pageshow", tellBack);
        tellGone();
        model.off("change:height", resize);
        stopFollowing();
        leaveKeys();
        appearance.stop();
        session.stop();
        void unmount(app);
      };
    },
  };
};

/** The page's element, in a shadow tree: neither do the notebook's styles reach it nor its styles the notebook. */
function makeRoot(el: HTMLElement): HTMLElement {
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = STYLE;
  const root = document.createElement("div");
  root.id = "app";
  // A click anywhere in it gives it the keys.
  root.tabIndex = -1;
  shadow.append(style, root);
  el.append(host);
  return root;
}

/** Leaves keys that reach the page to the page, but those with Ctrl and the like, which save and so on. */
function keepKeys(el: HTMLElement): () => void {
  const isOwn = (event: KeyboardEvent) => !(event.ctrlKey || event.metaKey || event.altKey);
  // JupyterLab takes keys at the document before they arrive here, and looks for this mark.
  const mark = (event: KeyboardEvent) => {
    if (isOwn(event)) el.dataset.lmSuppressShortcuts = "true";
    else delete el.dataset.lmSuppressShortcuts;
  };
  const stop = (event: KeyboardEvent) => isOwn(event) && event.stopPropagation();
  window.addEventListener("keydown", mark, true);
  el.addEventListener("keydown", stop);
  return () => {
    window.removeEventListener("keydown", mark, true);
    el.removeEventListener("keydown", stop);
  };
}

let loaded: Promise<unknown> | undefined;

/** A page without its font is a page still; the next one tries again. */
async function loadFonts(): Promise<void> {
  try {
    await (loaded ??= addFonts());
  } catch (error) {
    loaded = undefined;
    console.warn("ConfusionFlow shows its text in another font, for its own did not load.", error);
  }
}

/** Fonts count for documents only, not for shadow trees; from memory they need no permission to be fetched. */
async function addFonts(): Promise<void> {
  const sheet = new CSSStyleSheet();
  await sheet.replace(fonts);
  for (const { style } of [...sheet.cssRules] as CSSFontFaceRule[]) {
    const data = /base64,([^"')]+)/.exec(style.getPropertyValue("src"))![1];
    const face = new FontFace(
      style.getPropertyValue("font-family").replace(/["']/g, ""),
      Uint8Array.from(atob(data), (char) => char.charCodeAt(0)),
      {
        weight: style.getPropertyValue("font-weight"),
        unicodeRange: style.getPropertyValue("unicode-range"),
      },
    );
    document.fonts.add(face);
  }
  await document.fonts.load('12px "Inter Variable"');
}
