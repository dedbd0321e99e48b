"""Requests of every kind that the OpenAPI document allows, and many that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app


def requests_of(log_dir: Path, mode: GenerationMode) -> st.SearchStrategy[schemathesis.Case[Any]]:
    """Requests to every route; the events are left out, for they do not end."""
    schema = schemathesis.openapi.from_dict(create_app(log_dir).openapi())
    found = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if operation.path != "/api/events":
            found.append(operation.as_strategy(generation_mode=mode))
    return st.one_of(found)


def check(log_dir: Path, examples: int, mode: GenerationMode) -> None:
    series = cf.open_logs(log_dir)["first"]["test"]
    with client_of(create_app(log_dir)) as client:

        @settings(
            max_examples=examples,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(requests_of(log_dir, mode), st.booleans())
        def no_request_makes_the_server_fail(case: schemathesis.Case[Any], known: bool) -> None:
            if known and "run_id" in case.path_parameters:
                case.path_parameters |= {"run_id": series.run.id, "split_id": series.id}
            sent = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
            kept = {key: sent[key] for key in ("method", "url", "params") if sent.get(key)}
            try:
                answer = client.request(**kept)
            except httpx.InvalidURL:
                return
            assert answer.status_code < 500, (kept, answer.text)
            if answer.status_code >= 400:
                assert set(answer.json()) == {"error"}, kept

        no_request_makes_the_server_fail()
        assert client.get("/api/runs").status_code == 200


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.slow
def test_no_request_makes_the_server_fail(log_dir: Path, mode: GenerationMode) -> None:
    check(log_dir, 60, mode)


@pytest.mark.torture
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_of_many_makes_the_server_fail(log_dir: Path, mode: GenerationMode) -> None:
    check(log_dir, 10_000, mode)
