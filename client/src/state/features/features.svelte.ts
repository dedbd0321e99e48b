import { unpackPoints, type PointCloud } from "../../compute/instances/featurePoints";
import type {
  ClassPair,
  DataSource,
  FeatureCell,
  FeatureLayer,
  InstancesRequest,
  LayerRequest,
  UnitTable,
} from "../../source/source";
import { Lasso } from "./lasso.svelte";
import { Latest } from "../latest.svelte";
import { MOST_UNIT_ROWS } from "../link";
import { refOf, type LeafSeries } from "../series/series";
import type { Selection, UnitSubset, ViewState } from "../view";

const MOST_UNITS = 16;
const MOST_ROWS = 6;

/** The part of a session that features read. */
interface FeaturesContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly selection: Selection;
  readonly epoch: number;
  readonly range: [number, number];
  readonly instances: {
    readonly series: LeafSeries | null;
    readonly list: { readonly request: () => InstancesRequest | null };
  };
}

/** The features of a layer for the listed series. They are requested while their tab is open. */
export class Features {
  private readonly layerOf = new Latest<FeatureLayer>();
  private readonly cellOf = new Latest<FeatureCell>();
  private readonly pointsOf = new Latest<PointCloud>();
  private readonly unitsOf = new Latest<UnitTable>();
  private readonly pictureOf = new Latest<readonly { epoch: number; url: string }[]>();
  readonly lasso: Lasso;

  constructor(private readonly session: FeaturesContext) {
    this.lasso = new Lasso(session, this);
  }

  readonly isOpen: boolean = $derived.by(() => {
    const { view, instances } = this.session;
    return view.tab === "features" && view.align === "epoch" && instances.series !== null;
  });

  readonly layer: FeatureLayer | null = $derived.by(() => this.layerOf.value);
  readonly failure: string | null = $derived.by(
    () => this.layerOf.failure ?? this.pointsOf.failure ?? this.unitsOf.failure,
  );
  readonly isWaiting: boolean = $derived.by(
    () => this.layerOf.isWaiting || this.pointsOf.isWaiting || this.unitsOf.isWaiting,
  );

  /** Whether there are features to show. */
  readonly isShown: boolean = $derived.by(
    () => this.isOpen && this.layer !== null && this.layer.reason === null,
  );

  /** The cell that is selected, if its classes are two of the series' own. */
  readonly cell: ClassPair | null = $derived.by(() => {
    const { selection, instances } = this.session;
    const known = instances.series?.lines.data.classes ?? [];
    if (selection.kind !== "cell" || selection.actual === selection.predicted) return null;
    const { actual, predicted } = selection;
    return known.includes(actual) && known.includes(predicted) ? [actual, predicted] : null;
  });

  readonly points: PointCloud | null = $derived.by(() => this.pointsOf.value);
  readonly units: UnitTable | null = $derived.by(() => this.unitsOf.value);
  readonly separation: FeatureCell | null = $derived.by(() =>
    this.isShown ? this.cellOf.value : null,
  );
  readonly pictures = $derived.by(() => this.pictureOf.value ?? []);

  /** The unit that is looked at. */
  readonly unit = $derived.by(() => {
    const units = this.units?.units ?? [];
    return units.find(({ unit }) => unit === this.session.view.unit) ?? units.at(0) ?? null;
  });

  private readonly request: LayerRequest | null = $derived.by(() => {
    const { series } = this.session.instances;
    if (!this.isOpen || !series) return null;
    return { series: refOf(series), layer: this.session.view.layer };
  });

  /** The plane's cell, or null for the map of all classes. */
  readonly plane: ClassPair | null = $derived.by(() =>
    this.session.view.wholeMap ? null : this.cell,
  );

  /** The newest epoch with features at the playhead. */
  readonly epoch: number | null = $derived.by(() => {
    const epochs = this.layer?.epochs ?? [];
    return epochs.findLast((epoch) => epoch <= this.session.epoch) ?? epochs.at(0) ?? null;
  });

  /** What the units are compared for, in addition to the selected cell. */
  private readonly beside = $derived.by(() => {
    const { view, instances } = this.session;
    const { cell } = this;
    const known = instances.series?.lines.data.classes ?? [];
    const rows = view.unitRows.filter(
      (of) => of.every((name) => known.includes(name)) && !isSame(of, cell),
    );
    return {
      cells: rows.filter((of) => of.length === 2),
      classes: rows.filter((of) => of.length === 1).map(([name]) => name),
      chosen: view.chosen,
      listed: instances.list.request(),
    };
  });

  /** What all features depend on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { view, instances } = this.session;
    const version = instances.series?.lines.data.version;
    const units = view.featureView === "units" ? [this.epoch, this.beside] : null;
    return JSON.stringify([
      this.request,
      version,
      this.cell,
      this.plane,
      units,
      this.layer?.version,
    ]);
  });

  async look(): Promise<void> {
    const { source, view, instances } = this.session;
    const { request, cell, plane, epoch, beside } = this;
    if (!request) return;
    const of = [request, instances.series?.lines.data.version];
    await this.layerOf.look(JSON.stringify(of), () => source.features(request));
    const has = this.layer !== null && this.layer.reason === null;
    const isMap = view.featureView === "map";
    await Promise.all([
      this.cellOf.look(
        JSON.stringify([of, cell]),
        has && cell ? () => source.featureCell(request, cell) : null,
      ),
      isMap &&
        this.pointsOf.look(
          JSON.stringify([of, plane]),
          has ? async () => unpackPoints(await source.featurePoints(request, plane)) : null,
        ),
      !isMap &&
        this.unitsOf.look(
          JSON.stringify([of, cell, epoch, beside]),
          has && cell && epoch !== null
            ? () =>
                source.featureUnits({
                  ...request,
                  epoch,
                  ...beside,
                  cells: [cell, ...beside.cells],
                  most: MOST_UNITS,
                  instances: MOST_ROWS,
                })
            : null,
        ),
    ]);
  }

  /** Asks for the synthetic images of the unit that is looked at. */
  async lookAtPictures(): Promise<void> {
    const { request, unit } = this;
    const { source } = this.session;
    const images = unit?.images ?? [];
    const before = this.pictures;
    const key = JSON.stringify([request, unit?.unit, images]);
    const ask = async () =>
      Promise.all(
        images.map(async (epoch) => ({
          epoch,
          url: URL.createObjectURL(await source.unitImage(request!, epoch, unit!.unit)),
        })),
      );
    if (await this.pictureOf.look(key, request && images.length ? ask : null))
      for (const { url } of before) URL.revokeObjectURL(url);
  }

  /** Adds a class or a cell to the rows of the units, or removes it. */
  toggleRow(of: UnitSubset): void {
    const { view } = this.session;
    const others = view.unitRows.filter((each) => !isSame(each, of));
    const isNew = others.length === view.unitRows.length;
    view.unitRows = isNew ? [...others, of].slice(-MOST_UNIT_ROWS) : others;
  }

  hasRow(of: UnitSubset): boolean {
    return this.session.view.unitRows.some((each) => isSame(each, of));
  }
}

function isSame(one: readonly string[], other: readonly string[] | null): boolean {
  return one.length === other?.length && one.every((name, at) => name === other[at]);
}
