import { expect, it } from "vitest";

import { extentText, momentOf, placeOf, stepOf, stretchOf } from "./axis";
import { WHOLE } from "./share";

it("writes every epoch with grouped thousands", () => {
  const axis = { unit: "step", isShare: false };
  expect(placeOf(axis, 2999)).toBe("2,999");
  expect(momentOf(axis, 12_000)).toBe("step 12,000");
  expect(stretchOf(axis, [0, 2999])).toBe("steps 0–2,999");
  expect(extentText(axis, [1000, 2999])).toBe("1,000–2,999");
});

it("writes shares of training in percent, with one digit where they are rounded", () => {
  const axis = { unit: "epoch", isShare: true };
  expect(placeOf(axis, 0.125 * WHOLE)).toBe("12.5%");
  expect(momentOf(axis, 0.12345 * WHOLE)).toBe("12.3% of training");
  expect(stretchOf(axis, [0.1 * WHOLE, 0.5 * WHOLE])).toBe("10–50% of training");
  expect(extentText(axis, [0.1 * WHOLE, 0.1001 * WHOLE])).toBe("10%");
});

it("names one epoch alone where a stretch has no other", () => {
  expect(extentText({ unit: "epoch", isShare: false }, [1200, 1200])).toBe("1,200");
});

it("steps by one epoch, or by a hundredth of training", () => {
  expect(stepOf({ unit: "epoch", isShare: false })).toBe(1);
  expect(stepOf({ unit: "epoch", isShare: true })).toBe(WHOLE / 100);
});
