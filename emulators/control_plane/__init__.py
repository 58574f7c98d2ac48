"""Control plane that every emulator shares: clock, faults, latency, request log, storage and the server itself."""

from emulators.control_plane import sqlite_journal, wire
from emulators.control_plane.clock import Clock
from emulators.control_plane.emulated import ASGIApp, Emulated, FaultAnswer, RequestFacts, SeedError
from emulators.control_plane.middleware import with_control_plane
from emulators.control_plane.server import serve
from emulators.control_plane.sqlite_journal import Journal

__all__ = [
    "ASGIApp",
    "Clock",
    "Emulated",
    "FaultAnswer",
    "Journal",
    "RequestFacts",
    "SeedError",
    "serve",
    "sqlite_journal",
    "wire",
    "with_control_plane",
]
