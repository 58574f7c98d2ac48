"""Rows to start with: `contoso`, a managed service provider's month, and `bulk`, many simple lines for tests.

Each `build` answers `{"dataverse": {entity set: rows}, "connectwise": {collection path: records}}`; numbers are int or
`Decimal`. The rows refer to the connector and the setup lists that the emulators always have.
"""
