import type { LoggedData, SeriesData } from "./data";

/**
 * Adds the measures of each class that follow from its counts: with TP its cell on the diagonal, FN = support - TP,
 * FP = predicted total - TP, precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2TP / (2TP + FP + FN).
 * A ratio 0/0 is NaN. The same as in src/confusionflow/analysis/metrics.py, to the last bit.
 */
export function withMeasures(data: LoggedData): SeriesData {
  const { support, predictedTotal, counts, cellActual, cellPredicted } = data;
  const size = support.length;
  const length = data.epochs.length;
  const right = counts instanceof Float64Array ? new Float64Array(size) : new Uint32Array(size);
  for (let k = 0; k < cellActual.length; k++)
    if (cellActual[k] === cellPredicted[k])
      right.set(counts.subarray(k * length, (k + 1) * length), cellActual[k] * length);
  const [falseNegatives, falsePositives] = [support.slice(), predictedTotal.slice()];
  const share = () => new Float64Array(size);
  const [precision, recall, f1, falseNegativeRate, falseDiscoveryRate] = [
    share(),
    share(),
    share(),
    share(),
    share(),
  ];
  for (let at = 0; at < size; at++) {
    falseNegatives[at] -= right[at];
    falsePositives[at] -= right[at];
    precision[at] = right[at] / predictedTotal[at];
    recall[at] = right[at] / support[at];
    f1[at] = (2 * right[at]) / (support[at] + predictedTotal[at]);
    falseNegativeRate[at] = falseNegatives[at] / support[at];
    falseDiscoveryRate[at] = falsePositives[at] / predictedTotal[at];
  }
  return {
    ...data,
    falseNegatives,
    falsePositives,
    precision,
    recall,
    f1,
    falseNegativeRate,
    falseDiscoveryRate,
  };
}
