import { expect, it } from "vitest";

import { Latest } from "./latest.svelte";

/** Questions whose answers come when they are let go, or fail. */
function begin() {
  const latest = new Latest<string>();
  const asked: { come: (value: string) => void; fail: (error: Error) => void }[] = [];
  const ask = () => new Promise<string>((come, fail) => asked.push({ come, fail }));
  return { latest, asked, ask };
}

it("the answer to the latest question is kept, whenever others come", async () => {
  const { latest, asked, ask } = begin();
  const answers = [latest.look("a", ask), latest.look("b", ask)];
  expect(latest.isWaiting).toBe(true);
  asked[1].come("of b");
  asked[0].come("of a");
  expect(await Promise.all(answers)).toEqual([null, "of b"]);
  expect([latest.value, latest.failure, latest.isWaiting]).toEqual(["of b", null, false]);
});

it("an older question that fails late is not spoken of", async () => {
  const { latest, asked, ask } = begin();
  const answers = [latest.look("a", ask), latest.look("b", ask)];
  asked[0].fail(new Error("no answer"));
  await answers[0];
  expect([latest.failure, latest.isWaiting]).toEqual([null, true]);
  asked[1].come("of b");
  expect(await answers[1]).toBe("of b");
});

it("a question that fails leaves the last answer, and is asked again once it is forgotten", async () => {
  const { latest, asked, ask } = begin();
  const first = latest.look("a", ask);
  asked[0].come("of a");
  await first;
  const second = latest.look("b", ask);
  asked[1].fail(new Error("no answer"));
  await second;
  expect([latest.value, latest.failure, latest.isWaiting]).toEqual(["of a", "no answer", false]);
  await latest.look("b", ask);
  expect(asked).toHaveLength(2);
  latest.forget();
  const third = latest.look("b", ask);
  asked[2].come("of b");
  await third;
  expect([latest.value, latest.failure]).toEqual(["of b", null]);
});

it("where nothing is asked, nothing is known, and what was on its way is dropped", async () => {
  const { latest, asked, ask } = begin();
  const first = latest.look("a", ask);
  asked[0].come("of a");
  await first;
  const late = latest.look("b", ask);
  await latest.look("none", null);
  expect([latest.value, latest.isWaiting]).toEqual([null, false]);
  asked[1].come("of b");
  expect(await late).toBeNull();
  expect(latest.value).toBeNull();
});
