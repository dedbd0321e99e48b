import { differences } from "../../compute/series/difference";
import { formatShareTick } from "../../compute/text/format";
import { intervalOf, lineOf } from "../../compute/series/plotted";
import { lowerEnd, upperEnd } from "../../compute/scale/scaleEnds";
import { METRICS, type PerformanceScale, type PerformanceScene } from "./scene";

/** The charts' common scale: up to 1, or as far as the differences go, equally far on either side of 0. */
export function performanceScale({
  classes,
  series,
  baseline,
  range,
}: Pick<PerformanceScene, "classes" | "series" | "baseline" | "range">): PerformanceScale {
  if (baseline) {
    const { size, isCut } = upperEnd(differences(series, METRICS, range, "rate"));
    return { low: -size, high: size, isCut };
  }
  function* lines() {
    for (const s of series)
      for (let index = 0; index < classes.length; index++)
        for (const kind of METRICS) {
          const target = { kind, class: index };
          for (const values of [lineOf(s, target, "rate"), intervalOf(s, target, "rate")?.low])
            if (values) yield { epochs: s.epochs, values };
        }
  }
  const { floor, isCut } = lowerEnd(lines(), range);
  return { low: floor, high: 1, isCut };
}

/** The charts' common scale in words. */
export function shareRange({ scale, baseline }: PerformanceScene): string {
  if (baseline) return `±${formatShareTick(scale.high).replace("%", "")} points`;
  return `${Math.round(scale.low * 100)}–100%`;
}
