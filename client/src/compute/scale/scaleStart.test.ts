import { expect, it } from "vitest";

import { plottedOf } from "../../testing/plotted";
import { scaleStart } from "./scaleStart";

/** Of ten a's and ten b's, so many a's taken for b at each epoch. */
function series(...wrong: number[]) {
  return plottedOf(
    "run",
    ["a", "b"],
    wrong.map((_, e) => e),
    wrong.map((n) => [
      [10 - n, n],
      [0, 10],
    ]),
  );
}
const CALM: number[] = Array.from({ length: 40 }, (_, e) => (e % 3 ? 2 : 1));

it("leaves out the first epochs that are far above all later ones, calm ones among them", () => {
  expect(scaleStart([series(9, 8, 2, 7, ...CALM)], [0, 43], "rate")).toBe(4);
});

it("leaves nothing out where the later epochs reach as high, or hardly less", () => {
  expect(scaleStart([series(9, 8, ...CALM, 9, 2)], [0, 43], "rate")).toBe(0);
  expect(scaleStart([series(5, 5, ...CALM.map((n) => 2 * n))], [0, 41], "rate")).toBe(0);
});

it("leaves a quarter out at most: an event after it sets the scale", () => {
  const late = [...CALM];
  late[15] = 9;
  expect(scaleStart([series(9, ...late)], [0, 40], "rate")).toBe(1);
});

it("looks at the chosen range only, and at few epochs not at all", () => {
  expect(scaleStart([series(9, 8, ...CALM)], [4, 41], "rate")).toBe(4);
  expect(scaleStart([series(9, 8, 1, 2, 1)], [0, 4], "rate")).toBe(0);
});

it("measures all series by the same later epochs", () => {
  const [bad, good] = [series(9, ...CALM.map((n) => 3 * n)), series(4, ...CALM)];
  expect(scaleStart([good], [0, 40], "rate")).toBe(1);
  expect(scaleStart([bad, series(5, 5, 5, 5, ...CALM)], [0, 40], "rate")).toBe(1);
});
