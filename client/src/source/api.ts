import type { ClassTree } from "../compute/classes/tree";
import { decodeSeries } from "./decode";
import type { SeriesData } from "../compute/series/data";
import {
  keyOf,
  SourceError,
  type CellMarks,
  type CountedSeries,
  type DataSource,
  type Finding,
  type FindingsRequest,
  type FlowRequest,
  type InstanceContrasts,
  type InstanceDetail,
  type InstanceList,
  type InstanceRequest,
  type InstancesRequest,
  type LiveState,
  type MarksRequest,
  type OrderRequest,
  type Page,
  type RunList,
  type ScalarValues,
  type SeriesFlow,
  type SeriesRef,
  type TableFormat,
  type TreeRequest,
  type ClassPair,
  type FeatureCell,
  type FeatureLayer,
  type FeaturePoints,
  type LayerRequest,
  type UnitTable,
  type UnitsRequest,
} from "./source";

/** A source that asks for what docs/http-api.md describes, in whatever way requests travel. */
export abstract class ApiSource implements DataSource {
  /** The last answer: if it comes again, the same object is returned, so that nothing is drawn again. */
  private listed?: { text: string; list: RunList };

  async runs(): Promise<RunList> {
    const text = await (await this.get("api/runs")).text();
    if (this.listed?.text === text) return this.listed.list;
    const list = JSON.parse(text) as RunList;
    this.listed = { text, list };
    return list;
  }

  async series(ref: SeriesRef): Promise<SeriesData> {
    return decodeSeries(await (await this.get(`${splitPath(ref)}/series`)).arrayBuffer());
  }

  async order({ by, series, epochs }: OrderRequest): Promise<string[]> {
    const answer = (await (
      await this.get(`api/order?by=${by}&${countsQuery(series, epochs)}`)
    ).json()) as { classes: string[] };
    return answer.classes;
  }

  async tree({ series, epochs }: TreeRequest): Promise<ClassTree> {
    return (await this.get(`api/tree?${countsQuery(series, epochs)}`)).json() as Promise<ClassTree>;
  }

  async findings({ runId, baseline, epochs }: FindingsRequest): Promise<Finding[]> {
    const query = rangeQuery(epochs);
    if (baseline !== null) query.set("baseline", baseline);
    const path = `api/runs/${encodeURIComponent(runId)}/findings`;
    const answer = (await (await this.get(query.size ? `${path}?${query}` : path)).json()) as {
      findings: Finding[];
    };
    return answer.findings;
  }

  async scalars(runId: string): Promise<ScalarValues[]> {
    const answer = await this.get(`api/runs/${encodeURIComponent(runId)}/scalars`);
    return ((await answer.json()) as { scalars: ScalarValues[] }).scalars;
  }

  async marks({ series, baseline, epochs, classes }: MarksRequest): Promise<CellMarks> {
    const query = rangeQuery(epochs);
    query.set("series", keyOf(series));
    query.set("baseline", keyOf(baseline));
    for (const name of classes ?? []) query.append("classes", name);
    return (await this.get(`api/marks?${query}`)).json() as Promise<CellMarks>;
  }

  async instances(request: InstancesRequest, { offset, limit }: Page): Promise<InstanceList> {
    const query = instancesQuery(request);
    query.set("offset", `${offset}`);
    query.set("limit", `${limit}`);
    return (await this.get(`api/instances?${query}`)).json() as Promise<InstanceList>;
  }

  async instanceIds(request: InstancesRequest): Promise<string[]> {
    const answer = await this.get(`api/instances/ids?${instancesQuery(request)}`);
    return ((await answer.json()) as { ids: string[] }).ids;
  }

  async instanceContrasts(request: InstancesRequest): Promise<InstanceContrasts> {
    const answer = await this.get(`api/instances/contrasts?${instancesQuery(request)}`);
    return answer.json() as Promise<InstanceContrasts>;
  }

  async instanceTable(request: InstancesRequest): Promise<string> {
    return (await this.get(`api/instances/table.csv?${instancesQuery(request)}`)).text();
  }

  async flow({ series, actual, epochs }: FlowRequest): Promise<SeriesFlow> {
    const query = new URLSearchParams({ series: keyOf(series) });
    for (const name of actual) query.append("actual", name);
    setEpochs(query, epochs);
    const answer = await this.get(`api/instances/flow?${query}`);
    return ((await answer.json()) as { series: SeriesFlow[] }).series[0];
  }

  async instance({ id, series, epochs }: InstanceRequest): Promise<InstanceDetail> {
    const query = new URLSearchParams({ id });
    for (const one of series) query.append("series", keyOf(one));
    setEpochs(query, epochs);
    return (await this.get(`api/instance?${query}`)).json() as Promise<InstanceDetail>;
  }

  async features({ series, layer }: LayerRequest): Promise<FeatureLayer> {
    return this.feature<FeatureLayer>(series, "", layer);
  }

  async featureCell({ series, layer }: LayerRequest, cell: ClassPair): Promise<FeatureCell> {
    return this.feature<FeatureCell>(series, "/cell", layer, named(cell));
  }

  async featurePoints(
    { series, layer }: LayerRequest,
    cell: ClassPair | null,
    last: number | null = null,
  ): Promise<FeaturePoints> {
    return this.feature<FeaturePoints>(series, "/points", layer, [
      ...(cell ? named(cell) : []),
      ...(last === null ? [] : [["last", `${last}`] satisfies [string, string]]),
    ]);
  }

  async featureUnits(request: UnitsRequest): Promise<UnitTable> {
    const { series, layer, epoch, cells, most, classes, instances, chosen, listed } = request;
    const listing = listed ? [...instancesQuery(listed)].filter(([name]) => name !== "series") : [];
    return this.feature<UnitTable>(series, "/units", layer, [
      ["epoch", `${epoch}`],
      ["most", `${most}`],
      ["instances", `${instances}`],
      ...cells.flat().map((name): [string, string] => ["cell", name]),
      ...classes.map((name): [string, string] => ["classes", name]),
      ...chosen.map((id): [string, string] => ["chosen", id]),
      ["listed", `${listed !== null}`],
      ...listing,
    ]);
  }

  async unitImage({ series, layer }: LayerRequest, epoch: number, unit: number): Promise<Blob> {
    const query = new URLSearchParams({ epoch: `${epoch}`, unit: `${unit}` });
    if (layer) query.set("layer", layer);
    return (await this.get(`${splitPath(series)}/features/image?${query}`)).blob();
  }

  private async feature<T>(
    series: SeriesRef,
    path: string,
    layer: string,
    parts: [string, string][] = [],
  ): Promise<T> {
    const query = new URLSearchParams(layer ? [["layer", layer], ...parts] : parts);
    const asked = `${query}` ? `?${query}` : "";
    return (await this.get(`${splitPath(series)}/features${path}${asked}`)).json() as Promise<T>;
  }

  abstract imageUrl(address: string): Promise<string>;

  abstract tableUrl(
    ref: SeriesRef,
    format: TableFormat,
    epochs: [number, number] | null,
  ): string | null;

  abstract watch(
    changed: (runIds: string[] | null) => void,
    state: (live: LiveState) => void,
  ): () => void;

  /** Asks for a path, without a slash at its start. */
  protected abstract ask(path: string): Promise<Response>;

  protected async get(path: string): Promise<Response> {
    const response = await this.ask(path);
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

function named([actual, predicted]: ClassPair): [string, string][] {
  return [
    ["actual", actual],
    ["predicted", predicted],
  ];
}

export function splitPath({ runId, splitId }: SeriesRef): string {
  return `api/runs/${encodeURIComponent(runId)}/splits/${encodeURIComponent(splitId)}`;
}

function instancesQuery(request: InstancesRequest): URLSearchParams {
  const { series, actual, predicted, epochs, where, lasso, without, ...rest } = request;
  const query = new URLSearchParams({ series: keyOf(series) });
  for (const name of actual ?? []) query.append("actual", name);
  for (const name of predicted ?? []) query.append("predicted", name);
  for (const condition of where) query.append("where", condition);
  for (const part of lasso) query.append("lasso", part);
  if (without) query.set("without", keyOf(without));
  for (const [name, value] of Object.entries(rest)) query.set(name, `${value}`);
  setEpochs(query, epochs);
  return query;
}

function setEpochs(query: URLSearchParams, [first, last]: [number, number]): void {
  query.set("first", `${first}`);
  query.set("last", `${last}`);
}

async function errorOf(response: Response): Promise<SourceError> {
  try {
    const { error } = (await response.json()) as {
      error: { message: string; hint: string | null };
    };
    return new SourceError(error.message, error.hint, [401, 403].includes(response.status));
  } catch {
    return new SourceError(`The server answered ${response.status} ${response.statusText}.`);
  }
}

function rangeQuery(epochs: [number, number] | null): URLSearchParams {
  return new URLSearchParams(epochs ? { first: `${epochs[0]}`, last: `${epochs[1]}` } : {});
}

/** Which series and epochs are to be counted. */
function countsQuery(
  series: readonly CountedSeries[],
  epochs: [number, number] | null,
): URLSearchParams {
  const query = rangeQuery(epochs);
  for (const one of series) {
    const own = one.epochs ? `/${one.epochs.join("-")}` : "";
    query.append("series", `${keyOf(one)}${own}`);
  }
  return query;
}
