import { describe, expect, it } from "vitest";

import { arrange, matchClasses, unionOf } from "./classes";

describe("classes", () => {
  it("joins lists by name: the first's order, then what others add", () => {
    expect(
      unionOf([
        ["cat", "dog"],
        ["dog", "ant", "cat"],
      ]),
    ).toEqual(["cat", "dog", "ant"]);
  });

  it("finds each shown class by its name, never by its position", () => {
    const { index, missing } = matchClasses(["cat", "dog", "ant"], ["ant", "cat"]);
    expect([...index]).toEqual([1, -1, 0]);
    expect(missing).toEqual(["dog"]);
  });

  it("puts listed classes first, appends new ones and leaves hidden ones out", () => {
    expect(arrange(["a", "b", "c", "new"], ["c", "gone", "a", "b"], new Set(["a"]))).toEqual([
      "c",
      "b",
      "new",
    ]);
  });

  it("puts the background of a detector last in every order", () => {
    const all = ["background", "cat", "dog"];
    expect(arrange(all, [], new Set(), "background")).toEqual(["cat", "dog", "background"]);
    const order = ["dog", "background", "cat"];
    expect(arrange(all, order, new Set(), "background")).toEqual(["dog", "cat", "background"]);
    expect(arrange(all, [], new Set(["background"]), "background")).toEqual(["cat", "dog"]);
    expect(arrange(all, order, new Set())).toEqual(order);
  });
});
