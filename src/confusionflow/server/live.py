"""Tell clients that something new was logged. They fetch the content themselves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import anyio
from starlette.concurrency import run_in_threadpool

from confusionflow.server.version import VERSION
from confusionflow.store import Store

POLL_S = 0.1
# Looking at very many runs takes a while; the pause after it is three times as long, but at most
# this.
REST = 3
LONGEST_REST_S = 1.0


class Live:
    """Watches a log directory for all clients, as long as there are any.

    Folders are polled, because file systems of clusters and object stores do not report changes.
    """

    def __init__(self, store: Store, poll_s: float = POLL_S) -> None:
        self._store = store
        self._poll_s = poll_s
        self._clients: set[Client] = set()

    async def watch(self) -> None:
        """Check for changes repeatedly, until cancelled."""
        loop, took_s = asyncio.get_running_loop(), 0.0
        while True:
            rest_s = min(REST * took_s, LONGEST_REST_S)
            await asyncio.sleep(max(self._poll_s, self._store.filesystem.look_every_s, rest_s))
            if not self._clients:
                continue
            begun_s = loop.time()
            changed = await run_in_threadpool(self._store.refresh)
            took_s = loop.time() - begun_s
            if changed:
                for client in self._clients:
                    client.tell(changed)

    async def events(self, ending: anyio.Event) -> AsyncIterator[dict[str, str]]:
        """Events of one client: `hello`, then `changed` with the ids of runs that changed.

        Arguments:
            ending: Set when the server is about to end; the events end then.
        """
        client = Client()
        self._clients.add(client)
        end = asyncio.create_task(client.end_after(ending))
        try:
            yield {"event": "hello", "data": json.dumps({"version": VERSION})}
            while changed := await client.changes():
                yield {"event": "changed", "data": json.dumps({"runs": changed})}
        finally:
            end.cancel()
            self._clients.discard(client)


class Client:
    """Collects the changes since a client was last notified, however slow it is."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._news = asyncio.Event()

    def tell(self, run_ids: frozenset[str]) -> None:
        """Note that runs changed."""
        self._changed |= run_ids
        self._news.set()

    async def end_after(self, ending: anyio.Event) -> None:
        """Stop all waiting for changes, because the server is about to end."""
        await ending.wait()
        self._news.set()

    async def changes(self) -> list[str]:
        """Wait for changes, and forget them; returns none at the end."""
        await self._news.wait()
        self._news.clear()
        changed, self._changed = sorted(self._changed), set()
        return changed
