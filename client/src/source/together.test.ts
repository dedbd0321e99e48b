import { describe, expect, it } from "vitest";

import { SeriesTogether } from "./together";

/** Notes what is asked for, and answers nothing of it. */
async function asked(count: number): Promise<string[][]> {
  const paths: string[] = [];
  const together = new SeriesTogether((path) => {
    paths.push(path);
    return Promise.reject(new Error("no answer"));
  });
  const refs = Array.from({ length: count }, (_, at) => ({ runId: `r&${at}`, splitId: "s" }));
  const found = await Promise.all(refs.map((ref) => together.of(ref)));
  expect(found).toEqual(refs.map(() => null));
  return paths.map((path) => new URLSearchParams(path.split("?")[1]).getAll("series"));
}

describe("many series", () => {
  it("are asked for together, in addresses that proxies take", async () => {
    const parts = await asked(150);
    expect(parts.map(({ length }) => length)).toEqual([64, 64, 22]);
    expect(parts.flat()).toEqual(Array.from({ length: 150 }, (_, at) => `r&${at}/s`));
  });

  it("are asked for alone where a browser asks for all at once", async () => {
    expect(await asked(6)).toEqual([]);
  });

  it("are asked for in further answers if they are wanted later", async () => {
    const paths: string[] = [];
    const together = new SeriesTogether(async (path) => {
      paths.push(path);
      throw new Error("no answer");
    });
    const ref = { runId: "r", splitId: "s" };
    for (let time = 0; time < 2; time++)
      await Promise.all(Array.from({ length: 7 }, () => together.of(ref)));
    expect(paths).toHaveLength(2);
  });
});
