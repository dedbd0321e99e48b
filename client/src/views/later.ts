import type { Part } from "./part";

type Rest = typeof import("./rest");

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
  const begin = () => void Promise.resolve(load()).catch(() => {});
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(begin);
  else setTimeout(begin, 200);
}
