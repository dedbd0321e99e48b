import type { Grouping } from "../state/view";

/** How classes can be put into groups, as buttons say it. */
export const GROUPINGS: { name: Grouping; label: string; title: string }[] = [
  { name: "none", label: "none", title: "Every class by itself" },
  { name: "given", label: "as declared", title: "The groups that the run declared" },
  { name: "similarity", label: "by similarity", title: "Classes that are confused with each other, found anew over the chosen epochs and the shown series" },
];
