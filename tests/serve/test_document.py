"""The OpenAPI document of `moue serve` is one. That it names every route, a test beside the router says."""

import json
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

DOCUMENT = Path(__file__).parents[2] / "src" / "serve" / "openapi.json"


def test_the_document_is_valid():
    OpenAPIV31SpecValidator(json.loads(DOCUMENT.read_text())).validate()


def test_every_answer_says_what_it_is_and_names_are_used_once():
    document = json.loads(DOCUMENT.read_text())
    names = []
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            names.append(about["operationId"])
            assert about["summary"] and about["responses"], (method, path)
    assert len(names) == len(set(names))
