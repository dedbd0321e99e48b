import { describe, expect, it } from "vitest";

import type { Finding } from "../../source/source";
import { cardsOf, eventEpochs, filterOf, merged } from "./cards";

function finding(of: Partial<Finding>): Finding {
  return {
    kind: "shift",
    level: "certain",
    exploratory: false,
    sentence: "",
    headline: "",
    why: "",
    actual: null,
    predicted: null,
    classes: [],
    splits: ["test", "new"],
    epochs: [3, 9],
    effect: null,
    rates: null,
    interval: null,
    adjusted_interval: null,
    guaranteed: 0,
    leads: false,
    beyond: false,
    general: false,
    p: null,
    q: null,
    q_bh: null,
    test: "",
    n: [],
    family_size: 0,
    link: "",
    under: [],
    ...of,
  };
}

describe("cardsOf", () => {
  const whole = finding({});
  const auto = finding({ actual: "Auto", beyond: true });
  const plane = finding({ actual: "Plane", general: true });
  const truck = finding({ predicted: "Truck", general: true });
  const event = finding({ kind: "event: spike", level: "corroborated", epochs: [192, 192] });

  it("lets what moves as all do stand under the card of accuracy", () => {
    const cards = cardsOf([auto, plane, whole, truck, event], "all");
    expect(cards.map((card) => card.finding)).toEqual([auto, whole, event]);
    expect(cards[1].general).toEqual([plane, truck]);
  });

  it("tells pairs of splits apart", () => {
    const elsewhere = finding({ splits: ["train", "test"] });
    const [one, other] = cardsOf([whole, elsewhere, plane], "between");
    expect([one.general, other.general]).toEqual([[plane], []]);
  });

  it("tells runs apart", () => {
    const [link, elsewhere] = ["a", "b"].map((run) => `series=${run}.0f.0,${run}.1e.1`);
    const [one, other] = cardsOf(
      [
        { ...whole, link },
        { ...whole, link: elsewhere, headline: "other" },
        { ...plane, link },
      ],
      "between",
    );
    expect([one.general.length, other.general.length]).toEqual([1, 0]);
  });

  it("has one card for what is said of several runs, and nothing found last", () => {
    const nothing = (run: string, of: Partial<Finding> = {}) =>
      finding({
        kind: "nothing found",
        level: "nothing found",
        headline: "None.",
        link: run,
        ...of,
      });
    const found = [nothing("a"), event, nothing("b"), nothing("c", { headline: "None at all." })];
    const cards = cardsOf([...found, nothing("d", { splits: ["train", "test"] })], "all");
    expect(cards.map(({ alike }) => alike.map(({ link }) => link))).toEqual([
      [""],
      ["a", "b"],
      ["c"],
      ["d"],
    ]);
  });

  it("leaves a card alone that has findings under it", () => {
    const apart = [finding({ under: [auto] }), finding({ under: [truck] })];
    expect(cardsOf(apart, "all").map(({ under }) => under)).toEqual([[auto], [truck]]);
  });

  it("filters by where a finding is from", () => {
    expect(cardsOf([whole, event], "time").map((card) => card.finding)).toEqual([event]);
    expect(filterOf(finding({ kind: "data: absent class" }))).toBe("data");
    expect(filterOf(finding({ kind: "difference" }))).toBe("runs");
    const nothing = { kind: "nothing found", headline: "No lasting regression in 9 cells." };
    expect(filterOf(finding(nothing))).toBe("time");
  });
});

describe("merged", () => {
  it("puts what leads in any run first, then goes by level and the guaranteed effect", () => {
    const [sure, surer] = [0.02, 0.1].map((guaranteed) => finding({ guaranteed }));
    const fall = finding({ kind: "event: lasting fall", level: "noticed", leads: true });
    const spike = finding({ kind: "event: spike", level: "corroborated" });
    const none = finding({ level: "nothing found" });
    expect(merged([[sure, none], [fall, surer], [spike]])).toEqual([
      fall,
      surer,
      sure,
      spike,
      none,
    ]);
  });

  it("keeps the order of findings that are alike", () => {
    const [one, two, three] = ["a", "b", "c"].map((headline) => finding({ headline }));
    expect(merged([[one, two], [three]])).toEqual([one, two, three]);
  });
});

describe("eventEpochs", () => {
  it("has a large fall that lasts, though it is only noticed", () => {
    const fall = finding({ kind: "event: lasting fall", level: "noticed", leads: true });
    expect(eventEpochs([fall])).toEqual([3]);
  });

  it("has each epoch of what is more than noticed, once and in order", () => {
    const at = (epoch: number, level: Finding["level"] = "corroborated") =>
      finding({ kind: "event: step", epochs: [epoch, epoch], level });
    expect(eventEpochs([at(40), at(7), at(40), at(9, "noticed"), finding({})])).toEqual([7, 40]);
  });
});
