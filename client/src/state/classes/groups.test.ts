import { describe, expect, it } from "vitest";

import type { ClassTree } from "../../compute/classes/tree";
import type { DataSource, TreeRequest } from "../../source/source";
import { Groups, MOST_FLAT } from "./groups.svelte";
import { INITIAL_VIEW, type ViewState } from "../view";

/** Pets and birds are animals. */
const CLASSES = ["cat", "dog", "owl", "hen", "oak"];
const TREE: ClassTree = {
  classes: CLASSES,
  groups: ["animals", "pets", "birds"],
  parents: [1, 1, 2, 2, -1, -1, 0, 0],
};
const NOW: TreeRequest = { series: [{ runId: "r", splitId: "s" }], epochs: [0, 9] };

function begin({
  view = {},
  given = TREE,
  tree = async () => TREE,
  classes = CLASSES,
}: {
  view?: Partial<ViewState>;
  given?: ClassTree | null;
  tree?: (request: TreeRequest) => Promise<ClassTree>;
  classes?: string[];
}) {
  const data = [{ runId: "r", splitId: "s", classes, tree: given, epochs: [0, 9] }];
  const session = {
    source: { tree } as unknown as DataSource,
    view: { ...INITIAL_VIEW, ...view },
    data,
    leaves: [],
    allClasses: classes,
    leafClasses: classes,
    classes,
    loader: { live: "live" },
    comparison: { counted: () => NOW },
  } as unknown as ConstructorParameters<typeof Groups>[0];
  return { session, data: session.data, groups: new Groups(session) };
}

const rowsOf = ({ rows }: Groups) => rows?.map(({ name }) => name) ?? null;

describe("how classes are grouped", () => {
  const many = Array.from({ length: MOST_FLAT + 1 }, (_, at) => `c${at}`);

  it("is not at all for few classes, unless the view asks for it", () => {
    expect(begin({}).groups.grouping).toBe("none");
    expect(begin({ view: { grouping: "given" } }).groups.grouping).toBe("given");
  });

  it("is by the declared groups for many classes", () => {
    expect(begin({ classes: many }).groups.grouping).toBe("given");
  });

  it("is not by groups that are not there", () => {
    expect(begin({ view: { grouping: "given" }, given: null }).groups.grouping).toBe("none");
    expect(begin({ classes: many, given: null }).groups.grouping).toBe("none");
  });
});

describe("the rows of the matrix", () => {
  const grouped = (view: Partial<ViewState> = {}) =>
    begin({ view: { grouping: "given", opened: [], ...view } });

  it("are closed groups, and classes in no group", () => {
    expect(rowsOf(grouped().groups)).toEqual(["animals", "oak"]);
    expect(rowsOf(begin({}).groups)).toBeNull();
  });

  it("are what an open group has in it", () => {
    expect(rowsOf(grouped({ opened: ["animals", "birds"] }).groups)).toEqual([
      "pets",
      "owl",
      "hen",
      "oak",
    ]);
  });

  it("are those of the group that is shown alone", () => {
    expect(rowsOf(grouped({ opened: ["animals"], focus: "animals" }).groups)).toEqual([
      "pets",
      "birds",
    ]);
    expect(rowsOf(grouped({ focus: "cat" }).groups)).toEqual(["animals", "oak"]);
  });

  it("open as many groups as fit, if nobody opened any", () => {
    const { groups } = grouped({ opened: null });
    expect(rowsOf(groups)).toEqual(CLASSES);
    groups.rowsThatFit = 3;
    expect(rowsOf(groups)).toEqual(["pets", "birds", "oak"]);
  });
});

describe("opening and closing", () => {
  const grouped = (view: Partial<ViewState>) => begin({ view: { grouping: "given", ...view } });

  it("closes all groups within one", () => {
    const { session, groups } = grouped({ opened: ["animals", "pets", "birds"] });
    groups.setOpen(false, "animals", "oak", "fox");
    expect(session.view.opened).toEqual([]);
  });

  it("reveals a class by opening the groups around it", () => {
    const { session, groups } = grouped({ opened: [] });
    groups.reveal("cat");
    expect(session.view.opened).toEqual(["animals", "pets"]);
  });
});

describe("groups by similarity", () => {
  it("are found for the shown series and epochs, and the view keeps which these were", async () => {
    const { session, groups } = begin({ given: null });
    await groups.groupBy("similarity");
    expect(session.view).toMatchObject({ grouping: "similarity", found: NOW });
    expect(groups.grouping).toBe("similarity");
    expect(groups.foundInOthers).toBeNull();
  });

  it("give way to what was asked for after them", async () => {
    let come: (tree: ClassTree) => void = () => {};
    const tree = () => new Promise<ClassTree>((resolve) => (come = resolve));
    const { session, groups } = begin({ tree });
    const late = groups.groupBy("similarity");
    await groups.groupBy("given");
    come(TREE);
    await late;
    expect(session.view.grouping).toBe("given");
  });

  it("stay as they are while other epochs come to be shown, and say so", async () => {
    const asked: TreeRequest[] = [];
    const tree = async (request: TreeRequest) => (asked.push(request), TREE);
    const found: TreeRequest = { ...NOW, epochs: [0, 4] };
    const { data, groups } = begin({ view: { grouping: "similarity", found }, tree });
    await groups.find(data);
    await groups.find(data);
    expect(asked).toEqual([found]);
    expect(groups.foundInOthers).toEqual(found);
  });

  it("that could not be found leave the classes without groups", async () => {
    const tree = () => Promise.reject(new Error("busy"));
    const { data, groups } = begin({ view: { grouping: "similarity" }, given: null, tree });
    await groups.find(data);
    expect(groups.grouping).toBe("none");
    await expect(groups.groupBy("similarity")).rejects.toThrow("busy");
  });
});
