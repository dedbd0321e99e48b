import { describe, expect, it } from "vitest";

import { shortenedApart, withoutMiddle } from "./shorten";

const shorten = (text: string, kept: number) => withoutMiddle(Array.from(text), kept);

describe("withoutMiddle", () => {
  it("keeps both ends, by which long names differ", () => {
    expect(shorten("residual block 1 of 18", 8)).toBe("resid…18");
    expect(shorten("residual block 2 of 34", 8)).toBe("resid…34");
  });

  it("keeps the first character where there is room for one", () => {
    expect(shorten("horse", 1)).toBe("h…");
  });

  it("counts what is read as a character, not code units", () => {
    expect(shorten("🐎🐕🐈🐸🚢🚚", 4)).toBe("🐎🐕🐈…🚚");
  });

  it("leaves one ellipsis of two that would meet", () => {
    expect(shorten("class 021 … class 000 (15)", 18)).toBe("class 021…00 (15)");
  });
});

it("keeps the part in which names differ that would look alike", () => {
  const names = [
    "a class whose name is 1 of forty letters",
    "a class whose name is 2 of forty letters",
  ];
  const short = shortenedApart([...names, "cat"], 12);
  expect(short).toEqual(["…1 of forty …", "…2 of forty …", "cat"]);
  expect(shortenedApart(["red bird of the woods", "blue bird of the woods"], 12)).toEqual([
    "red bird…oods",
    "blue bir…oods",
  ]);
});

it("leaves out whole parts of names that the page puts together", () => {
  expect(shortenedApart(["wide-drop · seed 0 · test", "wide-drop · seed 1 · test"], 16)).toEqual([
    "…seed 0 · test",
    "…seed 1 · test",
  ]);
});

it("keeps names apart that are alike at both ends, and in part in their middle", () => {
  const names = ["1", "2"].flatMap((layer) =>
    ["a", "b", "c"].map((block) => `resnet of kind ${layer} with a long block ${block} and a head`),
  );
  const short = shortenedApart(names, 12);
  expect(new Set(short).size).toBe(6);
  for (const name of short) expect(Array.from(name).length).toBeLessThanOrEqual(13);
});

it("leaves names that are the same the same", () => {
  expect(new Set(shortenedApart(["a long name it is", "a long name it is"], 8)).size).toBe(1);
});
