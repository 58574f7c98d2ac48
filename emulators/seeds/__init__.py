"""Rows to start with.

`contoso` is a managed service provider's month, `contoso_first_day` the same month before anything is mapped, `bulk`
many simple lines for tests.

Each `build` answers `{"dataverse": {entity set: rows}, "connectwise": {collection path: records}}`; numbers are int or
`Decimal`. The rows refer to the connector and the setup lists that the emulators always have.
"""
