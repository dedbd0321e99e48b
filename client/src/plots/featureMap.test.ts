import { expect, it } from "vitest";

import type { PointCloud } from "../compute/instances/featurePoints";
import { mapScale, type FeatureMapScene } from "./featureMap";

const scene = { cloud: { extent: [0, 10, -1, 1] } as unknown as PointCloud, plane: null };
const { at, x, y } = mapScale(scene as unknown as FeatureMapScene, 400, 300);

it("a place of the box is the point that is drawn there", () => {
  const [px, py] = [x(2.5), y(0.5)];
  expect(at([px, py])[0]).toBeCloseTo(2.5);
  expect(at([px, py])[1]).toBeCloseTo(0.5);
});

it("a place at the edge lies beyond the points that are drawn there", () => {
  // A point far out is drawn as near to the edge as one a little further out than the box shows.
  expect(x(500)).toBe(x(11));
  expect(at([399, 150])[0]).toBeGreaterThan(500);
  expect(at([1, 150])[0]).toBeLessThan(-500);
  expect(at([200, 1])[1]).toBeGreaterThan(100);
  expect(at([200, 299])[1]).toBeLessThan(-100);
});
