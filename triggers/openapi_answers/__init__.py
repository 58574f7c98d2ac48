"""Models of what the routes answer, one module an area; they describe `GET /openapi.json` and nothing else reads them.

A route answers with the dict of its `*_json` function. Whoever adds a member there adds it to the model of the same
area: the tests of the running app (tests/emulator/app, tests/emulator/security) hold every answer against these models
and allow no member that they do not name. A new route gets a model and a line in `ANSWERS` (triggers/openapi.py);
tests/unit/triggers/test_openapi.py asks for it. A member without a default is always there, null included
(`| None`); one that can be absent gets a default.
"""
