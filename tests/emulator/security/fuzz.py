"""Pytest plugin of `make fuzz`: how many times more than in CI is tried, and from which seed."""

import pytest

_CI_SEED = 20_261_124


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fuzz`, `--fuzz-texts` and `--fuzz-seed`."""
    parser.addoption("--fuzz", type=int, default=1, help="try this many times as much as CI does")
    parser.addoption("--fuzz-texts", type=int, default=20, help="send so many texts to each search over HTTP")
    parser.addoption("--fuzz-seed", type=int, default=_CI_SEED, help="seed of the generated texts")


def factor_of(config: pytest.Config) -> int:
    """Return how many times as much as in CI is tried."""
    factor: int = config.getoption("--fuzz", default=1)
    return factor


def texts_over_http(config: pytest.Config) -> int:
    """Return how many texts each search and filter gets over HTTP."""
    texts: int = config.getoption("--fuzz-texts", default=20)
    return texts


def seed_of(config: pytest.Config) -> int:
    """Return the seed of what is generated; the same one in every run of CI."""
    seed: int = config.getoption("--fuzz-seed", default=_CI_SEED)
    return seed
