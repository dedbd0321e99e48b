/** The answer to the latest of several questions. A late answer to an older one is dropped. */
export class Latest<T> {
  /** The answer; it stays until the next one comes. Null until there is one. */
  value = $state.raw<T | null>(null);
  /** Why there is no answer to the latest question. */
  failure = $state<string | null>(null);
  isWaiting = $state(false);
  private asked: string | null = null;

  /**
   * Asks a question, unless it was the last one that was asked.
   *
   * @param key identifies the question
   * @param ask asks it; null if there is nothing to ask
   * @returns the answer if it is new and still wanted, else null
   */
  async look(key: string, ask: (() => Promise<T>) | null): Promise<T | null> {
    if (key === this.asked) return null;
    this.asked = key;
    if (!ask) {
      this.value = this.failure = null;
      this.isWaiting = false;
      return null;
    }
    this.isWaiting = true;
    try {
      const value = await ask();
      if (key !== this.asked) return null;
      this.value = value;
      this.failure = null;
      this.isWaiting = false;
      return value;
    } catch (error) {
      if (key === this.asked) {
        this.failure = (error as Error).message;
        this.isWaiting = false;
      }
      return null;
    }
  }

  /** Forgets what was asked, so that the same question is asked again. */
  forget(): void {
    this.asked = null;
  }
}
