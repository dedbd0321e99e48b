import type { EpochScale } from "./scales";

/** What a press takes hold of: an end of the chosen range, all of it, a new one, or the playhead. */
export type GripKind = "first" | "last" | "range" | "new" | "playhead";

/** Half of the width in which a handle or the playhead is taken hold of. */
const HANDLE_REACH = 12;
/** The playhead is taken hold of at its head. */
const HEAD_HEIGHT = 14;

/** What there is to take hold of. */
interface Handles {
  range: [number, number];
  /** Whether the range is chosen, and not all epochs. */
  isZoomed: boolean;
  playhead: number;
}

/**
 * What a press takes hold of.
 *
 * @param px pixels from the first epoch
 * @param py pixels from the top of the timeline
 */
export function gripAt(
  x: EpochScale,
  { range: [first, last], isZoomed, playhead }: Handles,
  px: number,
  py: number,
): GripKind {
  const near = (epoch: number) => Math.abs(px - x.at(epoch)) <= HANDLE_REACH;
  if (py < HEAD_HEIGHT && near(playhead)) return "playhead";
  // If both handles are at one epoch, the side of the pointer decides.
  if (near(first) && (!near(last) || px < x.at(first))) return "first";
  if (near(last)) return "last";
  return isZoomed && px > x.at(first) && px < x.at(last) ? "range" : "new";
}

/**
 * The range after a drag; its ends may be in either order.
 *
 * @param range as it was when the drag began
 * @param start the epoch at which the drag began
 * @param extent first and last of all epochs, which a range that is moved does not leave
 */
export function rangeAfter(
  kind: Exclude<GripKind, "playhead">,
  [first, last]: [number, number],
  start: number,
  epoch: number,
  extent: [number, number],
): [number, number] {
  if (kind === "first") return [epoch, last];
  if (kind === "last") return [first, epoch];
  if (kind === "new") return [start, epoch];
  const by = Math.max(extent[0] - first, Math.min(extent[1] - last, epoch - start));
  return [first + by, last + by];
}
