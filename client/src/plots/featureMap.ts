/** The instances of a probe as points: a dot is right, a ring is wrong. */

import { classColor, colorsOfClasses } from "../compute/scale/classColors";
import { epochIndex, type PointCloud } from "../compute/instances/featurePoints";
import type { Pen } from "./pen";
import { font, textSize, type Theme } from "./theme";

export interface FeatureMapScene {
  cloud: PointCloud;
  epoch: number;
  /** Names of the plane's two classes, or null for a map of all. */
  plane: readonly [string, string] | null;
  /** Ids of chosen instances, and of those in the lasso. */
  chosen: readonly string[];
  theme: Theme;
}

const PAD = { left: 12, top: 10, right: 12, bottom: 24 };
const FAR = 1000;
const [RADIUS, WRONG, CHOSEN] = [2, 3, 5];

/** Where a point of the cloud lies in a box. */
export function mapScale({ cloud, plane }: FeatureMapScene, width: number, height: number) {
  const [left, right, low, high] = plane ? withEnds(cloud.extent) : cloud.extent;
  const across = Math.max(1, width - PAD.left - PAD.right);
  const along = Math.max(1, height - PAD.top - PAD.bottom);
  const clip = (value: number) => Math.min(1.02, Math.max(-0.02, value));
  return {
    /** Which point of the plane is at a place in the box; at the edge, one beyond all points. */
    at: ([px, py]: readonly [number, number]): [number, number] => [
      left + beyondEdge((px - PAD.left) / across) * (right - left),
      low + beyondEdge(1 - (py - PAD.top) / along) * (high - low),
    ],
    x: (value: number) => PAD.left + clip((value - left) / (right - left)) * across,
    y: (value: number) => PAD.top + (1 - clip((value - low) / (high - low))) * along,
  };
}

/** Points that lie further out are drawn at the edge, where a lasso can reach them. */
function beyondEdge(share: number): number {
  if (share < 0) return share - FAR;
  return share > 1 ? share + FAR : share;
}

/** The plane of a cell always shows both means. */
function withEnds([left, right, low, high]: PointCloud["extent"]): PointCloud["extent"] {
  return [Math.min(left, -0.2), Math.max(right, 1.2), low, high];
}

/** The colour of each class of the map, by its index. */
export function pointColors({ cloud, plane, theme }: FeatureMapScene): string[] {
  const apart = colorsOfClasses(plane?.map((name) => cloud.classes.indexOf(name)) ?? []);
  return cloud.classes.map((_, index) => classColor(apart.get(index) ?? index, theme.scheme));
}

export function drawFeatureMap(
  pen: Pen,
  width: number,
  height: number,
  scene: FeatureMapScene,
): void {
  const { cloud, plane, theme } = scene;
  const { x, y } = mapScale(scene, width, height);
  const n = cloud.ids.length;
  const start = epochIndex(cloud.epochs, scene.epoch) * n;
  if (plane) {
    pen.font = font(textSize(width));
    for (const [at, name] of plane.entries()) {
      pen.fillStyle = theme.grid;
      pen.fillRect(Math.round(x(at)), PAD.top, 1, height - PAD.top - PAD.bottom);
      pen.fillStyle = theme.muted;
      pen.textAlign = "center";
      pen.textBaseline = "top";
      pen.fillText(`${at}: mean of ${name}`, x(at), height - PAD.bottom + 8);
    }
  }
  const colors = pointColors(scene);
  const chosen = new Set(scene.chosen);
  const lit: number[] = [];
  for (const isWrong of [false, true]) {
    for (let at = 0; at < n; at++) {
      const predicted = cloud.predicted[start + at];
      if (predicted < 0 || (predicted !== cloud.actual[at]) !== isWrong) continue;
      if (chosen.has(cloud.ids[at])) lit.push(at);
      const [px, py] = [x(cloud.points[2 * (start + at)]), y(cloud.points[2 * (start + at) + 1])];
      const color = colors[cloud.actual[at]];
      pen.beginPath();
      pen.arc(px, py, isWrong ? WRONG : RADIUS, 0, 2 * Math.PI);
      if (isWrong) {
        pen.strokeStyle = color;
        pen.lineWidth = 1.4;
        pen.stroke();
      } else {
        pen.fillStyle = color;
        pen.globalAlpha = 0.55;
        pen.fill();
        pen.globalAlpha = 1;
      }
    }
  }
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.6;
  for (const at of lit) {
    pen.beginPath();
    pen.arc(
      x(cloud.points[2 * (start + at)]),
      y(cloud.points[2 * (start + at) + 1]),
      CHOSEN,
      0,
      2 * Math.PI,
    );
    pen.stroke();
  }
}

/** Draws the polygon of a lasso. */
export function drawLasso(
  pen: Pen,
  polygon: readonly (readonly [number, number])[],
  theme: Theme,
): void {
  if (polygon.length < 2) return;
  pen.beginPath();
  for (const [at, [px, py]] of polygon.entries()) {
    if (at) pen.lineTo(px, py);
    else pen.moveTo(px, py);
  }
  pen.closePath();
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1.5;
  pen.setLineDash([4, 3]);
  pen.stroke();
  pen.setLineDash([]);
}
