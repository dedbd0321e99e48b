import { expect, it } from "vitest";

import { fitNumber } from "./numbers";

it("writes a number whole if it can be read", () => {
  expect(fitNumber("12.3", 60, 16)).toEqual({ text: "12.3", size: 16 });
  expect(fitNumber("12.3", 30, 16).text).toBe("12.3");
});

it("leaves out digits in a narrow cell, rather than shrinking all of them", () => {
  const { text, size } = fitNumber("12.7", 20, 13);
  expect(text).toBe("13");
  expect(size).toBe(13);
  expect(fitNumber("+12.7", 20, 13).text).toBe("+13");
});

it("does not round a small value to zero", () => {
  expect(fitNumber("0.3", 15, 13).text).toBe("<1");
  expect(fitNumber("0.6", 15, 13).text).toBe("1");
});
