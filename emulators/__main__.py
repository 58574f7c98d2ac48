"""Command line of the development stand-ins: `python -m emulators --help`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from emulators.control_plane import serve, wire, with_control_plane
from emulators.control_plane.server import address, listen
from emulators.control_plane.tls import tls_files

EMULATORS = ("dataverse", "connectwise", "entra")
# modules with add_arguments and run; imported only when asked for, because some are slow to import
COMMANDS = {
    "up": ("emulators.stack.command", "start everything and print one JSON line"),
    "host": ("emulators.functions_host.command", "serve a Functions app"),
    "coverage": ("emulators.stack.coverage", "write COVERAGE.md from the route tables"),
}


def main(arguments: Sequence[str]) -> None:
    """Run one command until it is done or a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m emulators", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in EMULATORS:
        _add_emulator(commands.add_parser(name, help=f"serve the {name} emulator alone"))
    chosen_name = arguments[0] if arguments else ""
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == chosen_name:
            import_module(module).add_arguments(command)
    chosen = parser.parse_args(arguments)
    if chosen.command in COMMANDS:
        import_module(COMMANDS[chosen.command][0]).run(chosen)
    else:
        _serve_emulator(chosen)


def _add_emulator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes any free port")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the rows there")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="JSON to load instead of the default seed")
    parser.add_argument("--authority", metavar="URL", help="base address of the token issuer")
    parser.add_argument("--tenant-id", metavar="GUID")
    parser.add_argument("--connectwise-url", metavar="URL", help="where the default connector of a seed points to")
    parser.add_argument("--tls", type=Path, metavar="DIR", help="serve https; certificates are made there when missing")


def _serve_emulator(chosen: argparse.Namespace) -> None:
    tls = tls_files(chosen.tls) if chosen.tls else None
    listener = listen(chosen.port)
    options: dict[str, Any] = {
        "data": chosen.data,
        "seed": wire.parse_object(chosen.seed.read_bytes()) if chosen.seed else None,
        "public_url": address(listener, tls=tls is not None),
        "authority": chosen.authority,
        "tenant_id": chosen.tenant_id,
        "connectwise_url": chosen.connectwise_url,
    }
    emulated = import_module(f"emulators.{chosen.command}").build(options)
    serve(
        with_control_plane(emulated),
        port=chosen.port,
        listener=listener,
        ready={"part": chosen.command},
        certfile=str(tls.certificate) if tls else None,
        keyfile=str(tls.key) if tls else None,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
