"""What Azure Functions indexes: one app, built in `triggers`."""

from triggers.app import build_app

app = build_app()
