"""LAYER 4: bindings, composition root, settings, caller identity; no rule of the business lives here."""
