import type { Session } from "./session.svelte";

export const SHORTCUTS: { keys: string[]; does: string }[] = [
  { keys: ["Tab"], does: "go from chart to chart" },
  { keys: ["←", "→"], does: "step the playhead, or move between cells" },
  { keys: ["↑", "↓"], does: "move between cells or classes" },
  { keys: [",", "."], does: "step the playhead, wherever you are" },
  { keys: ["Enter"], does: "show the cell or class in the detail chart" },
  { keys: ["Esc"], does: "close what is open, else back to accuracy" },
  { keys: ["Space"], does: "play and pause" },
  { keys: ["1", "2", "3"], does: "heat strips, lines, numbers" },
  { keys: ["r"], does: "rotate: epochs to the right or down" },
  { keys: ["c"], does: "counts, or rates as before" },
  { keys: ["d"], does: "names or recall on the diagonal" },
  { keys: ["+", "−"], does: "more or less contrast" },
  { keys: ["z"], does: "show all epochs" },
  { keys: ["a"], does: "choose series" },
  { keys: ["m"], does: "use the first series as baseline, the next, none" },
  { keys: ["s"], does: "average repeated runs, such as seeds" },
  { keys: ["t"], does: "align by epoch or by progress" },
  { keys: ["w"], does: "give the column beside the matrix more width, or less" },
  { keys: ["g"], does: "instances in rows, or their images in a grid" },
  { keys: ["k"], does: "choose, order and group classes" },
  { keys: ["o", "p"], does: "open and close the groups of a cell" },
  { keys: ["f", "b"], does: "show a cell's group alone, and go back" },
  { keys: ["Shift", "click"], does: "on a group's name or bracket: show it alone" },
  { keys: ["?"], does: "this help" },
];

export type DialogName = "series" | "classes" | "help";

/**
 * Carries out a key that works anywhere on the page.
 *
 * @param tabs names of the tabs by their keys
 * @param showTab shows a tab and gives it the focus
 */
export function onshortcut(
  event: KeyboardEvent,
  session: Session,
  open: (dialog: DialogName) => void,
  tabs: ReadonlyMap<string, string>,
  showTab: (name: string) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  // Escape first closes an open menu.
  const page = target.getRootNode() as ParentNode;
  if (event.key === "Escape" && page.querySelector("[popover=auto]:popover-open")) return;
  if (target.matches("input:not([type=range]), textarea, select")) return;
  // Space and Enter press the focused control.
  if (
    (event.key === " " || event.key === "Enter") &&
    target.matches("button, input, [role=slider]")
  )
    return;
  if (event.key.startsWith("Arrow") && target.matches("input, [role=slider]")) return;
  const { view } = session;
  const keys: Record<string, () => void> = {
    ArrowLeft: () => session.playback.step(-1),
    ArrowRight: () => session.playback.step(1),
    ",": () => session.playback.step(-1),
    ".": () => session.playback.step(1),
    " ": () => session.playback.toggle(),
    "1": () => (view.mode = "heat"),
    "2": () => (view.mode = "lines"),
    "3": () => (view.mode = "numbers"),
    r: () => (view.direction = view.direction === "across" ? "down" : "across"),
    c: () => session.toggleCounts(),
    d: () => (view.diagonal = view.diagonal === "names" ? "recall" : "names"),
    "+": () => session.scales.changeGamma(-0.05),
    "=": () => session.scales.changeGamma(-0.05),
    "-": () => session.scales.changeGamma(0.05),
    z: () => (view.range = null),
    a: () => open("series"),
    m: () => session.comparison.compareWithNext(),
    s: () => session.comparison.toggleFold(),
    t: () => session.comparison.alignBy(view.align === "epoch" ? "share" : "epoch"),
    w: () => (view.wide = !view.wide),
    g: () => (view.grid = !view.grid),
    k: () => open("classes"),
    "?": () => open("help"),
    Escape: () => session.select({ kind: "accuracy" }),
  };
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  const tab = tabs.get(event.key);
  if (act) act();
  else if (tab !== undefined) showTab(tab);
  else return;
  event.preventDefault();
}
