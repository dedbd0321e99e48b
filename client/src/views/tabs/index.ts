/** The tabs of the right column, in order. A new one is a file like its neighbours, a line in `../rest.ts` and an entry here. */

import { cardsOf, isClear } from "../../state/findings/cards";
import { later } from "../later";
import Classes from "./Classes.svelte";
import type { Tab } from "./tab";

export const TABS: readonly Tab[] = [
  {
    name: "classes",
    label: "Classes",
    key: "v",
    does: "show the classes' precision, recall, F1 and support",
    panel: () => Classes,
  },
  {
    name: "cells",
    label: "Cells",
    key: "l",
    does: "list the cells, ranked",
    isTall: true,
    panel: later("Cells"),
  },
  {
    name: "instances",
    label: "Instances",
    key: "i",
    does: "list the instances behind what is selected",
    isTall: true,
    panel: later("Instances"),
  },
  {
    name: "findings",
    label: "Findings",
    key: "e",
    does: "show what was found",
    isTall: true,
    badge: ({ findings: { found } }) =>
      found ? `${cardsOf(found.filter(isClear), "all").length || ""}` : "",
    panel: later("Findings"),
  },
  {
    name: "features",
    label: "Features",
    key: "u",
    does: "show how a layer of the model tells instances apart",
    isTall: true,
    panel: later("Features"),
  },
];
