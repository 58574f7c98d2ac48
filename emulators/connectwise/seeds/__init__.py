"""Seeds: records as a GET would return them, loaded without business rules but with referential checks."""

from emulators.connectwise.seeds.loading import load_seed

__all__ = ["load_seed"]
