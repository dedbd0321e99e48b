import { beforeEach, describe, expect, it } from "vitest";

import type { DataSource } from "../source/source";
import { Session } from "./session.svelte";
import { onshortcut, SHORTCUTS } from "./shortcuts";

const TABS = new Map([["l", "cells"]]);

let session: Session;
let opened: string[];
let shown: string[];

beforeEach(() => {
  session = new Session({} as DataSource);
  [opened, shown] = [[], []];
});

/** An element that matches some selectors; in its page a menu may be open. */
function elementOf(selectors: string[] = [], menuIsOpen = false): unknown {
  return {
    matches: (asked: string) => asked.split(", ").some((one) => selectors.includes(one)),
    getRootNode: () => ({ querySelector: () => (menuIsOpen ? {} : null) }),
  };
}

/** Presses a key, and says whether the page took it. */
function press(key: string, event: Partial<KeyboardEvent> = {}, target = elementOf()): boolean {
  let taken = false;
  onshortcut(
    { key, target, preventDefault: () => (taken = true), ...event } as unknown as KeyboardEvent,
    session,
    (dialog) => opened.push(dialog),
    TABS,
    (name) => shown.push(name),
  );
  return taken;
}

describe("a key", () => {
  it("changes the view, and changes it back", () => {
    const { view } = session;
    for (const [key, name] of [
      ["r", "direction"],
      ["c", "values"],
      ["d", "diagonal"],
      ["w", "wide"],
      ["g", "grid"],
    ] as const) {
      const before = view[name];
      expect(press(key), key).toBe(true);
      expect(view[name], key).not.toBe(before);
      press(key);
      expect(view[name], key).toBe(before);
    }
    for (const [key, mode] of [
      ["2", "lines"],
      ["3", "numbers"],
      ["1", "heat"],
    ]) {
      press(key);
      expect(view.mode).toBe(mode);
    }
  });

  it("opens a window or a tab", () => {
    for (const key of ["a", "k", "?", "l"]) expect(press(key), key).toBe(true);
    expect(opened).toEqual(["series", "classes", "help"]);
    expect(shown).toEqual(["cells"]);
  });

  it("that means nothing is left to the browser", () => {
    for (const key of ["q", "F5", "constructor", "toString"]) expect(press(key), key).toBe(false);
  });

  it("is the browser's with Ctrl and the like, and if something else has taken it", () => {
    for (const held of ["ctrlKey", "metaKey", "altKey", "defaultPrevented"])
      expect(press("a", { [held]: true }), held).toBe(false);
    expect(opened).toEqual([]);
  });
});

describe("what is focused takes its own keys:", () => {
  it("a field takes all that is typed", () => {
    for (const field of ["input:not([type=range])", "textarea", "select"])
      for (const key of ["a", "l", "Escape", " "])
        expect(press(key, {}, elementOf([field])), `${field} ${key}`).toBe(false);
  });

  it("a button takes Space and Enter, and nothing else", () => {
    const button = elementOf(["button"]);
    expect(press(" ", {}, button)).toBe(false);
    expect(press("Enter", {}, button)).toBe(false);
    expect(press("a", {}, button)).toBe(true);
  });

  it("a slider takes the arrows, and leaves the letters", () => {
    const slider = elementOf(["[role=slider]"]);
    expect(press("ArrowLeft", {}, slider)).toBe(false);
    expect(press("r", {}, slider)).toBe(true);
  });

  it("Escape closes an open menu before it goes back to accuracy", () => {
    session.select({ kind: "recall", class: "cat" });
    expect(press("Escape", {}, elementOf([], true))).toBe(false);
    expect(session.view.selection.kind).toBe("recall");
    expect(press("Escape")).toBe(true);
    expect(session.view.selection.kind).toBe("accuracy");
  });
});

it("the help lists no key that does nothing", () => {
  // The matrix, the classes and the browser take these.
  const elsewhere = ["Tab", "←", "→", "↑", "↓", "Enter", "Esc", "Space", "−", "Shift", "click"];
  const ofCells = ["o", "p", "f", "b"];
  for (const key of SHORTCUTS.flatMap(({ keys }) => keys))
    if (![...elsewhere, ...ofCells, "m", "s", "t", ",", "."].includes(key))
      expect(press(key), key).toBe(true);
});
