/**
 * One stream of events for all pages of a browser, because a browser allows only six connections to a
 * server at a time, and each stream holds one. The worker's name is the address of the events.
 */

import { listen, type News } from "./events";
import type { LiveState } from "./source";

const scope = self as unknown as { name: string; onconnect: (event: MessageEvent) => void };
const ports = new Set<MessagePort>();
let state: LiveState = "reconnecting";

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  ports.add(port);
  // The only message of a page is that it goes.
  port.onmessage = () => ports.delete(port);
  port.postMessage({ state } satisfies News);
  // Only the other pages were told of what was logged after this one had read, and before it came here.
  if (state === "live") port.postMessage({ changed: null } satisfies News);
};

listen(scope.name, (news) => {
  if ("state" in news) state = news.state;
  for (const port of ports) port.postMessage(news);
});
