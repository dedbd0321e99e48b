/** The page in a notebook's cell, as anywidget shows it (src/confusionflow/hosts/widget.py). */

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

/** The part of anywidget's model that is used here. */
type Model = Channel & ViewModel & { send(message: Shown): void };

/** Tells the kernel that a view appeared or disappeared. */
interface Shown {
  shown: boolean;
}

/** The style sheet of all imports above; the build puts it here. */
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
      // Text that is drawn before its font is here would stay in another font.
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

/**
 * The page's element, in a shadow tree: the notebook's styles do not reach it, and its styles do not reach the
 * notebook.
 */
function makeRoot(el: HTMLElement): HTMLElement {
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = STYLE;
  const root = document.createElement("div");
  root.id = "app";
  // A click anywhere in the page gives it the keyboard's focus.
  root.tabIndex = -1;
  shadow.append(style, root);
  el.append(host);
  return root;
}

/** Keeps keys that reach the page from the notebook, except those with Ctrl and the like, which save and so on. */
function keepKeys(el: HTMLElement): () => void {
  const isOwn = (event: KeyboardEvent) => !(event.ctrlKey || event.metaKey || event.altKey);
  // JupyterLab handles keys at the document before they arrive here, unless it finds this mark.
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

/** Loads the page's font. A page does without it if need be; the next page tries again. */
async function loadFonts(): Promise<void> {
  try {
    await (loaded ??= addFonts());
  } catch (error) {
    loaded = undefined;
    console.warn(
      "ConfusionFlow shows its text in another font, because its own did not load.",
      error,
    );
  }
}

/** Fonts count for documents only, not for shadow trees; loaded from memory, they need no permission to be fetched. */
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
