import { matchClasses } from "../compute/classes/classes";
import type { SeriesData } from "../compute/series/data";
import { Lines } from "../compute/series/lines";
import { withMeasures } from "../compute/series/measures";
import type { Plotted } from "../compute/series/plotted";

/**
 * A series from its cube, for tests.
 *
 * @param cube by epoch, actual and predicted class
 * @param shown the classes on the screen, if they are not its own
 */
export function plottedOf(
  label: string,
  classes: string[],
  epochs: number[],
  cube: number[][][],
  shown = classes,
): Plotted & { lines: Lines } {
  const n = classes.length;
  const indices = classes.map((_, index) => index);
  const cells = indices
    .flatMap((actual) => indices.map((predicted) => [actual, predicted] as const))
    .filter(([actual, predicted]) => cube.some((matrix) => matrix[actual][predicted]));
  const overEpochs = (of: (matrix: number[][], index: number) => number, count = n) =>
    Uint32Array.from(
      Array.from({ length: count }, (_, index) => cube.map((matrix) => of(matrix, index))).flat(),
    );
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  const total = overEpochs((matrix) => sum(matrix.flat()), 1);
  const right = cube.map((matrix) => sum(indices.map((index) => matrix[index][index])));
  const data = withMeasures({
    runId: label,
    runName: label,
    splitId: "test",
    splitName: "test",
    version: "1",
    timeUnit: "epoch",
    problems: [],
    tree: null,
    epochs: Uint32Array.from(epochs),
    classes,
    cellActual: Uint16Array.from(cells, ([actual]) => actual),
    cellPredicted: Uint16Array.from(cells, ([, predicted]) => predicted),
    counts: overEpochs((matrix, cell) => matrix[cells[cell][0]][cells[cell][1]], cells.length),
    support: overEpochs((matrix, index) => sum(matrix[index])),
    predictedTotal: overEpochs((matrix, index) => sum(matrix.map((row) => row[index]))),
    accuracy: Float64Array.from(right, (count, at) => count / total[at]),
    averages: {} as SeriesData["averages"],
    total,
    leftOut: new Uint8Array(epochs.length),
    timesLogged: new Uint8Array(epochs.length).fill(1),
    rankCount: new Uint8Array(epochs.length).fill(1),
    worldSize: new Uint8Array(epochs.length).fill(1),
    coverage: new Float64Array(epochs.length).fill(1),
  });
  return {
    label,
    color: 0,
    lines: new Lines(data),
    epochs: data.epochs,
    stride: 1,
    classIndex: matchClasses(shown, classes).index,
  };
}
