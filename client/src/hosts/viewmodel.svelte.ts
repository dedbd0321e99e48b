import { fromLink, toLink } from "../state/link";
import type { Session } from "../state/session.svelte";

/** The part of a widget's model that a page shares. */
export interface ViewModel {
  /** The view as the fragment of a link: Python reads and sets what is selected in it. */
  get(name: "view"): string;
  get(name: "height"): number;
  set(name: "view", value: string): void;
  save_changes(): void;
  on(event: "change:view" | "change:height", listener: () => void): void;
  off(event: "change:view" | "change:height", listener: () => void): void;
}

/** Keeps a model and the view of a session the same, whichever changes; returns a function that ends it. */
export function followModel(session: Session, model: ViewModel): () => void {
  // Python may write the same view in another order.
  const read = () => toLink(fromLink(model.get("view")));
  let link = read();
  const stopWriting = $effect.root(() => {
    $effect(() => {
      const { view, followsNewest } = session;
      // If no series were chosen, the link leaves them open too.
      const next = toLink(followsNewest ? { ...view, series: null } : view);
      if (next === link) return;
      link = next;
      model.set("view", next);
      model.save_changes();
    });
  });
  const take = () => {
    if (read() === link) return;
    link = read();
    session.follow(link);
  };
  model.on("change:view", take);
  return () => {
    stopWriting();
    model.off("change:view", take);
  };
}
