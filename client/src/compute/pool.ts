/** Numbers that are taken from the browser at once. */
const CHUNK = 16_384;

/** ArrayPool for many short arrays: to make one for each takes longer than to write what is in it. */
export class ArrayPool {
  private free = new Float64Array(0);

  /** Zeros, to write into. */
  take(length: number): Float64Array<ArrayBuffer> {
    if (this.free.length < length) this.free = new Float64Array(Math.max(length, CHUNK));
    const taken = this.free.subarray(0, length);
    this.free = this.free.subarray(length);
    return taken;
  }
}
