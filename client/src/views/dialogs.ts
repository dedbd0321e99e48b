/** The windows above the page, which come after its first paint. */

import type { Component } from "svelte";

import type { Theme } from "../plots/theme";
import type { Session } from "../state/session.svelte";
import type { DialogName } from "../state/shortcuts";
import { later } from "./later";
import type { Part } from "./part";
import type { Tab } from "./tabs/tab";

/** What every window is given. */
interface DialogProps {
  session: Session;
  theme: Theme;
  tabs: readonly Tab[];
  close: () => void;
}

export const DIALOGS: Readonly<Record<DialogName, Part<Component<DialogProps>>>> = {
  series: later("SeriesPicker"),
  classes: later("ClassPicker"),
  help: later("Help"),
};
