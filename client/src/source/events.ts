import type { LiveState } from "./source";

/** What pages are told of a server's events: runs that changed (null: any may have), or the connection. */
export type News = { changed: string[] | null } | { state: LiveState };

const RETRY_MS = 2000;

/** Listens to a server's events, and connects again for as long as it takes. Returns a function that ends it. */
export function listen(url: string, tell: (news: News) => void): () => void {
  let retry: ReturnType<typeof setTimeout> | undefined;
  let events: EventSource;
  const connect = () => {
    events = new EventSource(url);
    // A message may have been missed while there was no connection, so each one starts with a look.
    events.addEventListener("hello", () => {
      tell({ state: "live" });
      tell({ changed: null });
    });
    events.addEventListener("changed", (event) => {
      const { runs } = JSON.parse((event as MessageEvent<string>).data) as { runs: string[] };
      tell({ changed: runs });
    });
    events.onerror = () => {
      tell({ state: "reconnecting" });
      // A browser gives up for good on an answer that is no event stream, as a proxy may send.
      if (events.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
    };
  };
  connect();
  return () => {
    clearTimeout(retry);
    events.close();
  };
}
