"""Print the OpenAPI document, from which the client's types are generated.

python -m confusionflow.server.openapi > client/src/source/openapi.json
"""

from __future__ import annotations

import json

from confusionflow.server.app import create_app


def openapi_text() -> str:
    """Make the document's text, which is always the same for the same API."""
    document = create_app(".").openapi()
    document["info"]["version"] = ""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(openapi_text(), end="")
