/** What the first paint does without: it is built into a script of its own, which `later.ts` loads. */

export { default as ClassPicker } from "./classes/ClassPicker.svelte";
export { default as Help } from "./Help.svelte";
export { default as SeriesPicker } from "./series/SeriesPicker.svelte";
export { default as Cells } from "./tabs/Cells.svelte";
export { default as Features } from "./tabs/Features.svelte";
export { default as Findings } from "./tabs/Findings.svelte";
export { default as Instances } from "./tabs/Instances.svelte";
export * as figures from "../state/figures";
