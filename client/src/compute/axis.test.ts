import { expect, it } from "vitest";

import { extentText, momentOf, placeOf, stretchOf } from "./axis";

it("writes every epoch with grouped thousands", () => {
  const axis = { unit: "step", isShare: false };
  expect(placeOf(axis, 2999)).toBe("2,999");
  expect(momentOf(axis, 12_000)).toBe("step 12,000");
  expect(stretchOf(axis, [0, 2999])).toBe("steps 0–2,999");
  expect(extentText(axis, [1000, 2999])).toBe("1,000–2,999");
});
