import type { Component } from "svelte";

import type { Theme } from "../../plots/theme";
import type { Session } from "../../state/session.svelte";
import type { Part } from "../part";

/** What a tab's panel is given. */
export interface TabProps {
  session: Session;
  theme: Theme;
  /** The height of everything below the page's header. */
  room: number;
}

/** One tab of the right column. */
export interface Tab {
  /** Its name in links: lower-case letters. */
  name: string;
  label: string;
  /** The key that opens it, and what the help says about that key. */
  key: string;
  does: string;
  /** Whether the panel takes all the height that the detail chart leaves, not only what it needs. */
  isTall?: boolean;
  /** A short text beside the label, such as a number of entries; "" for none. */
  badge?: (session: Session) => string;
  /** Whether there is something to show; a tab is always there if this is left out. */
  isThere?: (session: Session) => boolean;
  /** What the tab shows. If it marks an element `data-first`, the tab's key focuses that. */
  panel: Part<Component<TabProps>>;
}
