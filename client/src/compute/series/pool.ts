/** How many numbers are allocated at once. */
const CHUNK = 16_384;

/** Cuts many short arrays out of few long ones: creating each by itself takes longer than filling it. */
export class ArrayPool {
  private free = new Float64Array(0);

  /** An array of zeros. */
  take(length: number): Float64Array<ArrayBuffer> {
    if (this.free.length < length) this.free = new Float64Array(Math.max(length, CHUNK));
    const taken = this.free.subarray(0, length);
    this.free = this.free.subarray(length);
    return taken;
  }
}
