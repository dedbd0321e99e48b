import {
  heldBy,
  pathsOf,
  unpackPoints,
  type PointCloud,
} from "../../compute/instances/featurePoints";
import { readLasso, writeLasso } from "../../compute/instances/lasso";
import { passedCells, type PassedCell } from "../../compute/instances/passed";
import type { ClassPair, DataSource, FeatureLayer } from "../../source/source";
import { Latest } from "../latest.svelte";
import { refOf, type LeafSeries } from "../series/series";
import type { ViewState } from "../view";

/** The part of a session that a lasso reads. */
interface LassoContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly epoch: number;
  readonly range: [number, number];
  readonly instances: { readonly series: LeafSeries | null };
}

/** The map that a lasso is drawn on. */
interface FeatureMap {
  readonly points: PointCloud | null;
  readonly layer: FeatureLayer | null;
  /** The plane's cell, or null for the map of all classes. */
  readonly plane: ClassPair | null;
}

/** A polygon on the map of features. The instances within it are listed. */
export class Lasso {
  private readonly latest = new Latest<PointCloud>();

  constructor(
    private readonly session: LassoContext,
    private readonly map: FeatureMap,
  ) {}

  /** What was drawn; null for nothing. */
  readonly drawn = $derived.by(() => readLasso(this.session.view.lasso));

  /** Holds the instances within a polygon on the shown map; a polygon of fewer than three corners ends the lasso. */
  hold(polygon: readonly (readonly [number, number])[]): void {
    const { view, epoch: now } = this.session;
    const { points, layer, plane } = this.map;
    const epoch = points?.epochs.findLast((each) => each <= now) ?? points?.epochs.at(0);
    const isPolygon = polygon.length > 2 && points && layer && epoch !== undefined;
    const last = points?.epochs.at(-1) ?? 0;
    view.lasso = isPolygon
      ? writeLasso({ epoch, last, layer: layer.layer, cell: plane, polygon })
      : [];
    if (isPolygon) view.chosen = [];
  }

  /** What the lasso depends on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { instances } = this.session;
    return JSON.stringify([
      this.drawn,
      instances.series?.key,
      instances.series?.lines.data.version,
    ]);
  });

  /** Asks for the map on which the lasso was drawn. */
  async look(): Promise<void> {
    const { drawn, key } = this;
    const { source, instances } = this.session;
    const { series } = instances;
    const ask =
      drawn && series
        ? async () => {
            const { layer, cell, last } = drawn;
            const request = { series: refOf(series), layer };
            return unpackPoints(await source.featurePoints(request, cell, last));
          }
        : null;
    await this.latest.look(key, ask);
  }

  /** The positions of the held instances on the map on which it was drawn. */
  private readonly held: readonly number[] = $derived.by(() => {
    const [{ drawn }, cloud] = [this, this.latest.value];
    return drawn && cloud ? heldBy(cloud, drawn.epoch, drawn.polygon) : [];
  });

  /** The ids of the held instances. */
  readonly ids: readonly string[] = $derived.by(() =>
    this.held.map((at) => this.latest.value!.ids[at]),
  );

  /** The cells that they pass through, by indices of the series' own classes. */
  readonly passed: readonly PassedCell[] = $derived.by(() =>
    this.held.length ? passedCells(pathsOf(this.latest.value!, this.held), this.session.range) : [],
  );
}
