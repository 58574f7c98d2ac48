"""Models of what the routes answer, one module an area; they describe `GET /openapi.json` and nothing else reads them.

A route answers with the dict of its `*_json` function. Whoever adds a member there adds it to the model of the same
area: tests/emulator/security/test_schemathesis.py holds every answer of the running app against these models and
allows no member that they do not name. A new route gets a model and a line in `ANSWERS` (triggers/openapi.py);
tests/unit/triggers/test_openapi.py asks for it. A member without a default is always there, null included
(`| None`); one that can be absent gets a default.
"""
