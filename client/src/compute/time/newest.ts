import { strideOf } from "./epochs";

/**
 * The newest epoch of several splits: of a run that is being trained, the newest that all its splits have. An
 * epoch that one of them lacks for the moment would make every chart jump twice.
 *
 * @param running ids of the runs that are being trained
 */
export function newestShown(
  splits: readonly { runId: string; epochs: ArrayLike<number> }[],
  running: ReadonlySet<string>,
): number {
  const byRun = new Map<string, ArrayLike<number>[]>();
  for (const { runId, epochs } of splits) byRun.set(runId, [...(byRun.get(runId) ?? []), epochs]);
  return Math.max(...[...byRun].map(([runId, all]) => newestOfAll(all, running.has(runId))));
}

/**
 * The newest epoch of the splits of a run.
 *
 * @param isRunning whether more epochs will come: then it is the newest epoch that no split still owes. A split
 *   that is logged every few epochs owes nothing until its next epoch is due. A split that is further behind is
 *   no longer logged, and is not waited for.
 */
export function newestOfAll(all: readonly ArrayLike<number>[], isRunning: boolean): number {
  const ends = all
    .filter(({ length }) => length)
    .map((epochs) => ({ last: epochs[epochs.length - 1], stride: strideOf(epochs) }));
  const newest = Math.max(...ends.map(({ last }) => last));
  if (!isRunning) return newest;
  const due = ends
    .map(({ last, stride }) => ({ until: last + stride - 1, stride }))
    .filter(({ until, stride }) => until < newest && until + stride >= newest);
  return Math.min(newest, ...due.map(({ until }) => until));
}
