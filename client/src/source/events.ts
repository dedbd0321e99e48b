import type { LiveState } from "./source";

/** What pages are told: which runs changed (null: any may have), or the state of the connection. */
export type News = { changed: string[] | null } | { state: LiveState };

const RETRY_MS = 2000;
const HELLO_TIMEOUT_MS = 5000;
const POLL_MS = 3000;

/**
 * Listens to a server's events, and reconnects for as long as it takes. Returns a function that ends it.
 *
 * A proxy may hold the events back. If the server's `hello` does not come in time, the page is told to look every few
 * seconds instead, until it comes.
 */
export function listen(url: string, tell: (news: News) => void): () => void {
  let retry: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setInterval> | undefined;
  let events: EventSource;

  const look = () => {
    tell({ state: "polling" });
    tell({ changed: null });
  };
  const connect = () => {
    events = new EventSource(url);
    clearTimeout(retry);
    retry = setTimeout(() => {
      if (poll) return;
      look();
      poll = setInterval(look, POLL_MS);
    }, HELLO_TIMEOUT_MS);
    // A message may have been missed while there was no connection, so each one starts with a check.
    events.addEventListener("hello", () => {
      clearTimeout(retry);
      clearInterval(poll);
      poll = undefined;
      tell({ state: "live" });
      tell({ changed: null });
    });
    events.addEventListener("changed", (event) => {
      const { runs } = JSON.parse((event as MessageEvent<string>).data) as { runs: string[] };
      tell({ changed: runs });
    });
    events.onerror = () => {
      if (events.readyState === EventSource.CLOSED) {
        // A browser gives up for good if the answer is not a stream, but a proxy's page or a refusal. A check tells the
        // page so.
        look();
        clearTimeout(retry);
        retry = setTimeout(connect, RETRY_MS);
      } else if (!poll) tell({ state: "reconnecting" });
    };
  };
  connect();
  return () => {
    clearTimeout(retry);
    clearInterval(poll);
    events.close();
  };
}
