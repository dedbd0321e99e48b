/** The tabs of the right column, in order. A new one is a file like its neighbours and a line here. */

import Cells, { tab as cells } from "./Cells.svelte";
import Classes, { tab as classes } from "./Classes.svelte";
import Features, { tab as features } from "./Features.svelte";
import Findings, { tab as findings } from "./Findings.svelte";
import Instances, { tab as instances } from "./Instances.svelte";
import type { ListedTab } from "./tab";

export const TABS: readonly ListedTab[] = [
  { ...classes, panel: Classes },
  { ...cells, panel: Cells },
  { ...instances, panel: Instances },
  { ...findings, panel: Findings },
  { ...features, panel: Features },
];
