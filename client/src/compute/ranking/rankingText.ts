/** Texts about ranked cells. */

import { momentOf, placeOf, stretchOf, type TimeAxis } from "../time/axis";
import type { Values } from "../series/lines";
import type { RankedCell, RankedValue, Ranking } from "./ranking";
import {
  formatDifference,
  formatSigned,
  formatValue,
  otherUnit,
  type CellTarget,
} from "../text/tooltip";

/** A ranking that can be chosen: what its button says, and what it ranks by. */
export interface RankingChoice {
  name: Ranking;
  label: string;
  title: string;
}

/** The rankings that can be chosen. */
export function rankingsOf(
  axis: TimeAxis,
  range: [number, number],
  playhead: number,
  {
    isCompared,
    seriesCount,
    jumpRange,
  }: { isCompared: boolean; seriesCount: number; jumpRange: [number, number] },
): RankingChoice[] {
  const epochs = stretchOf(axis, range);
  const wild = jumpRange[0] > range[0] ? ", without the wild start of training" : "";
  const value = isCompared ? "difference" : "value";
  const rankings: RankingChoice[] = [
    { name: "now", label: "now", title: `Greatest ${value} at ${momentOf(axis, playhead)}` },
    {
      name: "peak",
      label: "peak",
      title: `Greatest ${value} of any of the ${epochs}; choosing a cell moves the playhead there`,
    },
    {
      name: "jump",
      label: "largest jump",
      title: `Greatest change from one epoch to the next within the ${stretchOf(axis, jumpRange)}${wild}; choosing a cell moves the playhead there`,
    },
    {
      name: "rising",
      label: isCompared ? "changing" : "rising",
      title: `How much a straight line through the ${value}s of the ${epochs} rises${isCompared ? " or falls" : ""}`,
    },
  ];
  if (isCompared || seriesCount > 1)
    rankings.push({
      name: "difference",
      label: "differing",
      title: isCompared
        ? `Greatest mean difference over the ${epochs}`
        : `Greatest mean of a series over the ${epochs} minus the smallest mean of another`,
    });
  return rankings;
}

/** How the cells of few instances are introduced, after others or alone. */
export function fewText(by: Ranking, isCompared: boolean): { some: string; all: string } {
  const isChange = by === "jump" || by === "rising";
  if (!isCompared && !isChange && by !== "difference")
    return { some: "Fewer", all: "All have fewer" };
  return isChange
    ? { some: "Changes of fewer", all: "All changes are of fewer" }
    : { some: "Differences of fewer", all: "All differences are of fewer" };
}

export function cellTarget({ actual, predicted }: RankedCell): CellTarget {
  return { kind: "cell", actual, predicted };
}

/** What a cell is ranked by. */
export function scoreText(
  cell: RankedCell,
  by: Ranking,
  isCompared: boolean,
  values: Values,
): string {
  const target = cellTarget(cell);
  if (isCompared || by === "jump" || by === "rising")
    return formatSigned(cell.score, target, values);
  return (by === "difference" ? formatDifference : formatValue)(cell.score, target, values);
}

/** What is written beside a series of a ranked cell: the epoch, or the mean that is compared; often nothing. */
export function detailText(
  cell: RankedCell,
  { value, at, series }: RankedValue,
  by: Ranking,
  isCompared: boolean,
  { axis, playhead, values }: { axis: TimeAxis; playhead: number; values: Values },
): string {
  if (by === "difference") return isCompared ? "" : formatValue(value, cellTarget(cell), values);
  const namesEpoch =
    by === "peak" || by === "jump" || (by === "now" && series.epochs[at] !== playhead);
  return namesEpoch ? `at ${placeOf(axis, series.epochs[at])}` : "";
}

/** The same value in the other unit: a count for a share, a share for a count. */
export function countText(cell: RankedCell, values: Values): string {
  return otherUnit(cell.of[0], cellTarget(cell), values);
}
