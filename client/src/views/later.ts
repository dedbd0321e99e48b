import type { Part } from "./part";

type Rest = typeof import("./rest");

/** A User Timing mark that is set once all parts are here, or could not be loaded; tests wait for it. */
const LOADED = "confusionflow:loaded";

let rest: Rest | Promise<Rest> | undefined;

/** Loads what the first paint does without. After a failure browsers do not try again: the page must be reloaded. */
function load(): Rest | Promise<Rest> {
  return (rest ??= import("./rest").then((loaded) => (rest = loaded)));
}

/** A part that the first paint does without, by its name in `rest.ts`. */
export function later<Name extends keyof Rest>(name: Name): Part<Rest[Name]> {
  return () => {
    const loaded = load();
    return loaded instanceof Promise ? loaded.then((parts) => parts[name]) : loaded[name];
  };
}

/** Loads all such parts as soon as there is nothing else to do, so that they are here when they are needed. */
export function loadAhead(): void {
  // If that fails, the part says so when it is needed.
  const begin = async () => {
    await Promise.resolve(load()).catch(() => {});
    performance.mark(LOADED);
  };
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(() => void begin());
  else setTimeout(() => void begin(), 200);
}
