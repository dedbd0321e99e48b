import { CURVES } from "../compute/series/average";
import { readLasso } from "../compute/instances/lasso";
import { VALUES } from "../compute/series/lines";
import { RANKINGS } from "../compute/ranking/ranking";
import { MIN_GAMMA } from "../compute/scale/scale";
import { PASSINGS, type CountedSeries, type SeriesRef, type TreeRequest } from "../source/source";
import {
  INITIAL_VIEW,
  SCALES,
  SMOOTHINGS,
  type ChosenSeries,
  type Selection,
  type UnitSubset,
  type ViewState,
} from "./view";

/** The most instances that can be chosen together; a link may name more. */
export const MOST_CHOSEN = 20;
/** The most subsets that can be rows of the units, beside the selected cell. */
export const MOST_UNIT_ROWS = 8;
/** A column and what its values are compared with: "forgotten>=2", "source=web". */
export const FILTER = /^([^=<>]{1,200})(?:(>=|<=)(-?\d*\.?\d+)|(=)(.*))$/s;

/** Writes a view as the fragment of a link. Initial values are left out. */
export function toLink(view: ViewState): string {
  const link = new URLSearchParams();
  const set = (name: string, value: string, initial = "") => {
    if (value !== initial) link.set(name, value);
  };
  if (view.series)
    link.set("series", view.series.map((s) => [s.runId, s.splitId, s.color].join(".")).join(","));
  else set("run", view.run ?? "");
  set("baseline", view.baseline ? writeRef(view.baseline) : "");
  set("fold", view.fold ? writeNames(["", ...view.fold]) : "");
  set("band", view.spread, INITIAL_VIEW.spread);
  set("align", view.align, INITIAL_VIEW.align);
  set("curve", view.curve, INITIAL_VIEW.curve);
  set("scalars", view.scalars ? writeNames(["", ...view.scalars]) : "");
  // Programs that read epochs from a link must not find shares of training in their place.
  const [range, playhead] = [view.range?.join("-") ?? "", view.playhead?.toString() ?? ""];
  set("epochs", view.align === "epoch" ? range : "");
  set("at", view.align === "epoch" ? playhead : "");
  set("part", view.align === "share" ? range : "");
  set("share", view.align === "share" ? playhead : "");
  set("mode", view.mode ?? "");
  set("direction", view.direction, INITIAL_VIEW.direction);
  set("values", view.values, INITIAL_VIEW.values);
  set("gamma", view.gamma?.toString() ?? "");
  set("scale", view.scale, INITIAL_VIEW.scale);
  set("diagonal", view.diagonal, INITIAL_VIEW.diagonal);
  set("smooth", String(view.smooth), String(INITIAL_VIEW.smooth));
  set("detail", writeSelection(view.selection), writeSelection(INITIAL_VIEW.selection));
  set("by", view.orderName, INITIAL_VIEW.orderName);
  set("order", writeNames(view.order));
  set("group", view.grouping ?? "");
  set("found", view.found ? writeFound(view.found) : "");
  set("open", view.opened ? writeNames(["", ...view.opened]) : "");
  set("focus", view.focus === null ? "" : writeNames([view.focus]));
  set("hidden", writeNames(view.hidden));
  set("sort", writeSort(view.sort), writeSort(INITIAL_VIEW.sort));
  set("filter", view.filter);
  set("tab", view.tab, INITIAL_VIEW.tab);
  set("listed", view.listed ? writeRef(view.listed) : "");
  set("passing", view.passing, INITIAL_VIEW.passing);
  set("rows", writeSort(view.instanceSort), writeSort(INITIAL_VIEW.instanceSort));
  set("find", view.instanceSearch);
  set("where", writeNames(view.instanceFilters));
  set("beside", view.beside ? writeRef(view.beside) : "");
  set("only", view.onlyOne ? "1" : "");
  set("grid", view.grid ? "1" : "");
  set("flow", view.flow ? "1" : "");
  set("lasso", writeNames(view.lasso));
  set("instance", writeNames(view.chosen));
  set("rank", view.ranking, INITIAL_VIEW.ranking);
  set("layer", view.layer);
  set("features", view.featureView, INITIAL_VIEW.featureView);
  set("map", view.wholeMap ? "all" : "");
  set("unit", view.unit?.toString() ?? "");
  set(
    "subsets",
    writeNames(view.unitRows.flatMap(([actual, predicted = ""]) => [actual, predicted])),
  );
  set("wide", view.wide ? "1" : "");
  return link.toString();
}

/** Reads a view from the fragment of a link. Whatever is missing or makes no sense has its initial value. */
export function fromLink(fragment: string): ViewState {
  const link = new URLSearchParams(fragment.replace(/^#/, ""));
  const get = (name: string) => link.get(name) ?? "";
  const oneOf = <T extends string>(name: string, allowed: readonly T[], initial: T): T =>
    allowed.find((value) => value === get(name)) ?? initial;
  const [column, direction] = get("sort").split("-");
  const align = oneOf("align", ["epoch", "share"], INITIAL_VIEW.align);
  const playhead = get(align === "epoch" ? "at" : "share");
  return {
    series: link.has("series") ? readSeries(get("series")) : null,
    run: get("run") || null,
    baseline: readRef(get("baseline")),
    fold: link.has("fold") ? readNames(get("fold")).filter(Boolean) : null,
    spread: oneOf("band", ["range", "deviation"], INITIAL_VIEW.spread),
    align,
    curve: oneOf("curve", CURVES, INITIAL_VIEW.curve),
    scalars: link.has("scalars") ? readNames(get("scalars")).filter(Boolean) : null,
    range: readRange(get(align === "epoch" ? "epochs" : "part")),
    playhead: /^\d+$/.test(playhead) ? Number(playhead) : null,
    mode: (["heat", "lines", "numbers"] as const).find((mode) => mode === get("mode")) ?? null,
    direction: oneOf("direction", ["across", "down"], INITIAL_VIEW.direction),
    values: oneOf("values", VALUES, INITIAL_VIEW.values),
    gamma: readGamma(get("gamma")),
    scale: oneOf("scale", SCALES, INITIAL_VIEW.scale),
    diagonal: oneOf("diagonal", ["names", "recall"], INITIAL_VIEW.diagonal),
    smooth: SMOOTHINGS.find((size) => String(size) === get("smooth")) ?? INITIAL_VIEW.smooth,
    selection: readSelection(get("detail")),
    order: readNames(get("order")),
    orderName: oneOf(
      "by",
      ["declared", "name", "support", "confused", "similarity"],
      INITIAL_VIEW.orderName,
    ),
    grouping:
      (["none", "similarity", "given"] as const).find((known) => known === get("group")) ?? null,
    found: readFound(get("found")),
    opened: link.has("open") ? readNames(get("open")).filter(Boolean) : null,
    focus: readNames(get("focus"))[0] ?? null,
    hidden: readNames(get("hidden")),
    sort: {
      column:
        (["class", "precision", "recall", "f1", "support"] as const).find((c) => c === column) ??
        INITIAL_VIEW.sort.column,
      descending: direction === "down",
    },
    filter: get("filter"),
    tab: /^[a-z]{1,20}$/.test(get("tab")) ? get("tab") : INITIAL_VIEW.tab,
    listed: readRef(get("listed")),
    passing: oneOf("passing", PASSINGS, INITIAL_VIEW.passing),
    instanceSort: readInstanceSort(get("rows")),
    instanceSearch: get("find"),
    instanceFilters: readNames(get("where")).filter((each) => FILTER.test(each)),
    beside: readRef(get("beside")),
    onlyOne: get("only") === "1",
    grid: get("grid") === "1",
    flow: get("flow") === "1",
    lasso: readLasso(readNames(get("lasso"))) ? readNames(get("lasso")) : [],
    chosen: readNames(get("instance")).slice(0, MOST_CHOSEN),
    ranking: oneOf("rank", RANKINGS, INITIAL_VIEW.ranking),
    layer: get("layer"),
    featureView: oneOf("features", ["map", "units"], INITIAL_VIEW.featureView),
    wholeMap: get("map") === "all",
    unit: /^\d{1,9}$/.test(get("unit")) ? Number(get("unit")) : null,
    unitRows: readSubsets(readNames(get("subsets"))),
    wide: get("wide") === "1",
  };
}

/** Names of classes in pairs; an empty predicted class stands for all instances of the actual one. */
function readSubsets(names: string[]): UnitSubset[] {
  const pairs = names.flatMap((actual, at) => (at % 2 ? [] : [[actual, names[at + 1] ?? ""]]));
  return pairs
    .slice(0, MOST_UNIT_ROWS)
    .map(([actual, predicted]) => (predicted ? [actual, predicted] : [actual]));
}

function readSeries(text: string): ChosenSeries[] {
  const chosen: ChosenSeries[] = [];
  for (const part of text.split(",")) {
    const match = /^([^.]+)\.([^.]+)\.(\d{1,4})$/.exec(part);
    if (match) chosen.push({ runId: match[1], splitId: match[2], color: Number(match[3]) });
  }
  return chosen;
}

function readRange(text: string): [number, number] | null {
  const match = /^(\d+)-(\d+)$/.exec(text);
  if (!match) return null;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first <= last ? [first, last] : null;
}

function writeRef({ runId, splitId }: SeriesRef): string {
  return `${runId}.${splitId}`;
}

function readRefs(...refs: string[]): CountedSeries[] {
  return refs.flatMap((ref) => {
    const match = /^([^.]+)\.([^.]+)(?:\.(\d+-\d+))?$/.exec(ref);
    const epochs = readRange(match?.[3] ?? "");
    return match ? [{ runId: match[1], splitId: match[2], ...(epochs && { epochs }) }] : [];
  });
}

function readRef(text: string): SeriesRef | null {
  const [ref] = readRefs(text);
  return ref ? { runId: ref.runId, splitId: ref.splitId } : null;
}

function writeFound({ series, epochs }: TreeRequest): string {
  const refs = series.map((ref) =>
    [writeRef(ref), ...(ref.epochs ? [ref.epochs.join("-")] : [])].join("."),
  );
  return [epochs?.join("-") ?? "all", ...refs].join(",");
}

function readFound(text: string): TreeRequest | null {
  const [epochs, ...refs] = text.split(",");
  const series = readRefs(...refs);
  return series.length ? { series, epochs: readRange(epochs) } : null;
}

function readInstanceSort(text: string): ViewState["instanceSort"] {
  const match = /^([a-z_]{1,30})-(up|down)$/.exec(text);
  return match ? { column: match[1], descending: match[2] === "down" } : INITIAL_VIEW.instanceSort;
}

function readGamma(text: string): number | null {
  const gamma = Number(text);
  return text && gamma >= MIN_GAMMA && gamma <= 1 ? gamma : null;
}

const CLASS_KINDS = ["inside", "fn", "fp", "precision", "recall", "f1", "support"] as const;

function writeSelection(selection: Selection): string {
  if (selection.kind === "accuracy") return "accuracy";
  if (selection.kind === "cell")
    return `cell,${writeNames([selection.actual, selection.predicted])}`;
  return `${selection.kind},${writeNames([selection.class])}`;
}

function readSelection(text: string): Selection {
  const [kind, ...rest] = text.split(",");
  const names = readNames(rest.join(","));
  const classKind = CLASS_KINDS.find((known) => known === kind);
  if (kind === "cell" && names.length === 2) return { kind, actual: names[0], predicted: names[1] };
  if (classKind && names.length === 1) return { kind: classKind, class: names[0] };
  return INITIAL_VIEW.selection;
}

/** Names joined by commas; a comma within a name is escaped. An empty name is kept as %. */
function writeNames(names: readonly string[]): string {
  return names.map((name) => (name ? name.replace(/[%,]/g, encodeURIComponent) : "%")).join(",");
}

function readNames(text: string): string[] {
  return text ? text.split(",").map((name) => (name === "%" ? "" : unescapeName(name))) : [];
}

function unescapeName(name: string): string {
  return name.replace(/%25|%2C/g, (code) => (code === "%25" ? "%" : ","));
}

function writeSort({ column, descending }: { column: string; descending: boolean }): string {
  return `${column}-${descending ? "down" : "up"}`;
}
