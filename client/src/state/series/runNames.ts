import { group } from "d3-array";

import type { RunSummary } from "../../source/source";
import { showValue, textOf } from "./config";

type Named = Pick<RunSummary, "id" | "name" | "config"> & Partial<Pick<RunSummary, "attempt">>;

/**
 * A distinct name for each run, by id: its own, and as much of its config as tells it from others of the
 * same name, such as "wide-drop · seed 1". If all have the same name, the config alone; if that does not
 * tell them apart, the end of the id.
 */
export function runNames(runs: readonly Named[]): Map<string, string> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const alike = group(byId.values(), (run) =>
    typeof run.attempt === "number" ? `${run.name} (attempt ${run.attempt})` : run.name,
  );
  const isOneName = alike.size === 1 && byId.size > 1;
  const names = new Map<string, string>();
  for (const [name, same] of alike) {
    const keys = same.length > 1 ? differingKeys(same) : [];
    const values = same.map(({ config }) =>
      keys
        .filter((key) => Object.hasOwn(config, key))
        .map((key) => `${key} ${showValue(config[key])}`),
    );
    const texts = values.map((parts) => parts.join(" · "));
    const isAlone = texts.map((text) => texts.filter((other) => other === text).length === 1);
    const needsName = !isOneName || !keys.length || isAlone.includes(false);
    same.forEach(({ id }, at) => {
      const own = isAlone[at] ? values[at] : [...values[at], id.slice(-4)];
      names.set(id, [...(needsName || !own.length ? [name] : []), ...own].join(" · "));
    });
  }
  return names;
}

/** Keys whose values are not the same in all of these runs. */
function differingKeys(runs: readonly Named[]): string[] {
  const keys = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  return [...keys].filter((key) => {
    const values = runs.map(({ config }) =>
      Object.hasOwn(config, key) ? textOf(config[key]) : "",
    );
    return new Set(values).size > 1;
  });
}
