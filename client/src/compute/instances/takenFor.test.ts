import { expect, it } from "vitest";

import { takenFor } from "./takenFor";

it("gives colours to wrong classes by how many epochs they are predicted", () => {
  const colors = takenFor([
    { actual: 0, strip: [0, 90, 3, 2] },
    { actual: 1, strip: [-1, 50, 5, 7, 1, 20] },
  ]);
  expect(colors.named.map(([predicted]) => predicted)).toEqual([5, 3]);
  expect(colors.colorOf(0)).toBeNull();
  expect(colors.colorOf(-1)).toBeNull();
  expect(colors.hasOthers).toBe(false);
});

it("lets the rarest classes share a colour if there are too many", () => {
  const rows = Array.from({ length: 12 }, (_, at) => ({ actual: 99, strip: [at, 20 - at] }));
  const colors = takenFor(rows);
  expect(colors.named).toHaveLength(10);
  expect(new Set(colors.named.map(([, color]) => color)).size).toBe(10);
  expect(colors.hasOthers).toBe(true);
  expect(colors.colorOf(11)).toBeNull();
});
