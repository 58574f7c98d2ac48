"""Emulator of the ConnectWise PSA (Manage) REST API 3.0 for development and tests."""

from emulators.connectwise.emulated import ConnectWise, build, coverage

__all__ = ["ConnectWise", "build", "coverage"]
