import { momentOf, stretchOf } from "../../compute/time/axis";
import { counted } from "../../compute/text/format";
import { keyOf } from "../../state/series/series";
import type { Session } from "../../state/session.svelte";
import type { Grouping } from "../../state/view";

/** What orders and groups of classes are computed from. */
export function countedText({ loader }: Session): string {
  return loader.live === "static"
    ? "all that this report holds"
    : "the chosen epochs and the shown series";
}

/** The ways to group classes, as the buttons name them. */
export function groupingsOf(session: Session): { name: Grouping; label: string; title: string }[] {
  const { given } = session.groups;
  return [
    { name: "none", label: "none", title: "Every class by itself" },
    ...(given
      ? [
          {
            name: "given" as const,
            label: "as declared",
            title: "The groups that the run declared",
          },
        ]
      : []),
    {
      name: "similarity",
      label: "by similarity",
      title: `Groups of classes that are confused with each other, found again over ${countedText(session)}`,
    },
  ];
}

/** Says what groups were found in, if other epochs or series are shown since. */
export function foundText({
  groups,
  leaves,
  timeUnit,
}: Session): { text: string; title: string } | null {
  const found = groups.foundInOthers;
  if (!found) return null;
  const ranges = found.series.flatMap(({ epochs = found.epochs }) => (epochs ? [epochs] : []));
  const [first, last] = [
    Math.min(...ranges.map(([first]) => first)),
    Math.max(...ranges.map(([, last]) => last)),
  ];
  const axis = { unit: timeUnit, isShare: false };
  const epochs = !ranges.length
    ? "all epochs"
    : first === last
      ? momentOf(axis, first)
      : stretchOf(axis, [first, last]);
  const shown = new Set(leaves.map(({ key }) => key));
  const isOfShown =
    found.series.length === shown.size && found.series.every((ref) => shown.has(keyOf(ref)));
  return {
    text: `found in ${isOfShown ? epochs : "other series"}`,
    title: `Groups stay as they were found, in ${epochs} of ${counted(found.series.length, "series", "series")}: “by similarity” finds them again in what is shown`,
  };
}
