import { unpackPoints, type PointCloud } from "../compute/featurePoints";
import type {
  ClassPair,
  DataSource,
  FeatureCell,
  FeatureLayer,
  LayerRequest,
  UnitTable,
} from "../source/source";
import { Latest } from "./latest.svelte";
import { MOST_CHOSEN } from "./link";
import type { LeafSeries } from "./series";
import type { Selection, ViewState } from "./view";

const MOST_UNITS = 16;
const MOST_ROWS = 6;
const MOST_LISTED = 200;

/** What features read of a session. */
interface FeaturesContext {
  readonly source: DataSource;
  readonly view: ViewState;
  readonly selection: Selection;
  readonly epoch: number;
  readonly instances: {
    readonly series: LeafSeries | null;
    readonly list: { readonly answer: { rows: readonly { instance: string }[] } | null };
  };
}

/** What a layer of the model says of the listed series. It is asked for while its tab is open. */
export class Features {
  private readonly layerOf = new Latest<FeatureLayer>();
  private readonly cellOf = new Latest<FeatureCell>();
  private readonly pointsOf = new Latest<PointCloud>();
  private readonly unitsOf = new Latest<UnitTable>();
  private readonly pictureOf = new Latest<readonly { epoch: number; url: string }[]>();
  /** How many instances the last lasso held. */
  held = $state(0);

  constructor(private readonly session: FeaturesContext) {}

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

  /** Whether there are features to show now. */
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
    const { runId, splitId } = series;
    return { series: { runId, splitId }, layer: this.session.view.layer };
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

  private readonly listed: readonly string[] = $derived.by(() => {
    const { view, instances } = this.session;
    if (view.chosen.length) return view.chosen;
    return (instances.list.answer?.rows ?? []).slice(0, MOST_LISTED).map((row) => row.instance);
  });

  /** What all of this depends on; look again when it changes. */
  readonly key: string = $derived.by(() => {
    const { view, instances } = this.session;
    const version = instances.series?.lines.data.version;
    const units = view.featureView === "units" ? [this.epoch, this.listed] : null;
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
    const { request, cell, plane, epoch, listed } = this;
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
          JSON.stringify([of, cell, epoch, listed]),
          has && cell && epoch !== null
            ? () =>
                source.featureUnits({
                  ...request,
                  epoch,
                  cells: [cell],
                  most: MOST_UNITS,
                  instances: MOST_ROWS,
                  listed,
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

  /** Chooses the instances of a lasso: they are listed, and the cells they pass are lit. */
  choose(ids: readonly string[]): void {
    this.held = ids.length;
    this.session.view.chosen = ids.slice(0, MOST_CHOSEN);
  }
}
