/** Returns a part of the page if it is here, else a promise of it. */
export type Part<T> = () => T | Promise<T>;
