/** Gives a part of the page: itself if it is here, else a promise of it. */
export type Part<T> = () => T | Promise<T>;
