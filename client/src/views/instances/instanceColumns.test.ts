import { describe, expect, it } from "vitest";

import type { InstanceRow } from "../../source/source";
import {
  columnLabel,
  columnsOf,
  columnText,
  contrastText,
  filterText,
  pathText,
  shownColumns,
  takenText,
} from "./instanceColumns";

const SCORES = ["hard", "forgotten", "never_learned", "suspicious_label"];
const CLASSES = ["cat", "dog", "owl"];

describe("the columns of a list", () => {
  it("are the usual ones, and the one that sorts", () => {
    expect(shownColumns(SCORES, false, "forgotten")).toEqual(["forgotten", "suspicious_label"]);
    expect(shownColumns(SCORES, false, "hard")).toEqual(["forgotten", "suspicious_label", "hard"]);
    expect(shownColumns(SCORES, true, "share")).toEqual(["hard", "forgotten", "suspicious_label"]);
  });

  it("begin with the share of epochs in the cell, or for all wrong predictions of wrong ones", () => {
    expect(columnsOf(["forgotten"], "cell")).toEqual(["share", "forgotten"]);
    expect(columnsOf(["forgotten"], "accuracy")).toEqual(["hard", "forgotten"]);
  });

  it("say what an instance is in", () => {
    expect(columnLabel("share", "cell")).toBe("In cell");
    expect(columnLabel("share", "fn")).toBe("In it");
    expect(columnLabel("hard", "fn")).toBe("Wrong");
  });
});

describe("a row", () => {
  const row = { share: 0.25, scores: [0.5, 3, 0, 0.876] } as unknown as InstanceRow;
  const never = { share: 1, scores: [1, 9, 1, null] } as unknown as InstanceRow;

  it("has each number as its column writes it", () => {
    expect(columnText(row, SCORES, "share")).toBe("25.0%");
    expect(columnText(row, SCORES, "hard")).toBe("50.0%");
    expect(columnText(row, SCORES, "forgotten")).toBe("3");
    expect(columnText(row, SCORES, "suspicious_label")).toBe("0.88");
  });

  it("has a dash for what is not known, and says that an instance was never right", () => {
    expect(columnText(never, SCORES, "suspicious_label")).toBe("–");
    expect(columnText(row, SCORES, "aum")).toBe("–");
    expect(columnText(never, SCORES, "forgotten")).toBe("never right");
  });

  const path = { actual: 0, strip: [0, 2, 1, 1, 2, 3] };

  it("says what it was taken for at an epoch, or at the last one before", () => {
    const at = (epoch: number) => takenText(path, [0, 2, 4, 6, 8, 10], epoch, CLASSES);
    expect([0, 3, 4, 5, 6, 99].map(at)).toEqual([
      "cat → cat",
      "cat → cat",
      "cat → dog",
      "cat → dog",
      "cat → owl",
      "cat → owl",
    ]);
    expect(takenText({ actual: 1, strip: [-1, 6] }, [0, 1], 1, CLASSES)).toBe("dog → –");
  });

  it("names all classes that it was taken for, each once", () => {
    expect(pathText({ actual: 0, strip: [1, 1, 0, 1, 1, 1, 2, 1] }, CLASSES)).toBe(
      "taken for dog, owl",
    );
    expect(pathText({ actual: 0, strip: [0, 5, -1, 1] }, CLASSES)).toBe("always right");
  });
});

it("puts filters into words", () => {
  expect(filterText("forgotten>=2")).toBe("Forgotten ≥ 2");
  expect(filterText("hard<=0.5")).toBe("Wrong ≤ 50.0%");
  expect(filterText("sample source=web")).toMatch(/source is web$/);
});

it("says what sets instances apart", () => {
  const shares = { column: "source", value: "web", listed: 0.9, right: 0.2, effect: 1 };
  expect(contrastText(shares)).toBe("source is web: 90.0%, not 20.0%");
  const means = { column: "width", value: null, listed: 31.4159, right: 40, effect: 1 };
  expect(contrastText(means)).toBe("width 31.4, not 40");
});
