"""An assistant of the SDK's own, connected to `confusionflow mcp` by stdin and stdout."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import CallToolResult
from tests.loops import run_apart

Use = Callable[[Client], Awaitable[Any]]
# A tool and its arguments.
Call = tuple[str, dict[str, Any]]


def ask(log_dir: Path, use: Use) -> Any:
    """Start the command for a log directory, and use a client that is connected to it."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "confusionflow", "mcp", str(log_dir)]
    )

    async def run() -> Any:
        async with Client(stdio_client(command)) as client:
            return await use(client)

    return run_apart(run())


def call(log_dir: Path, tool: str, **arguments: Any) -> CallToolResult:
    result: CallToolResult = ask(log_dir, lambda client: client.call_tool(tool, arguments))
    return result


def call_all(log_dir: Path, calls: list[Call]) -> list[CallToolResult]:
    """Make some calls one after the other, by one assistant."""

    async def use(client: Client) -> list[CallToolResult]:
        return [await client.call_tool(tool, arguments) for tool, arguments in calls]

    results: list[CallToolResult] = ask(log_dir, use)
    return results


def answer(log_dir: Path, tool: str, **arguments: Any) -> dict[str, Any]:
    result = call(log_dir, tool, **arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content
