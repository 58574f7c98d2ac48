"""The composition root: the only place that names concrete clients."""

import threading
import time
from functools import lru_cache
from http import HTTPStatus

from connectwise.directory.reader import ConnectWiseDirectory
from dataverse.client import DataverseClient
from dataverse.credentials import managed_identity_token
from dataverse.on_behalf import ClientProof, OnBehalfOf, on_behalf_of
from dataverse.psasync.audit import AuditLog
from dataverse.psasync.imports import ImportLedger
from dataverse.psasync.jobs import JobRepository
from dataverse.psasync.ledger import MappingLedger
from dataverse.psasync.records import EntraObjectId, Job, JobDirection, JobKind
from dataverse.psasync.row_claims import RowClaimRepository
from dataverse.work365.imports.repository import ImportRepository
from dataverse.work365.repository import Work365Repository
from dataverse.work365.schema import Work365Schema, schema_from_file
from dataverse.work365.sources.repository import SourceRepository
from sync_core.pull.chunk import pull_runner
from sync_core.pull.index import RecordIndexes
from sync_core.pull.mapped import MappedSet
from sync_core.pull.services import PullServices
from sync_core.push.chunk import push_runner
from sync_core.push.services import PushServices
from sync_core.push_rows.chunk import MAPPING_KINDS, push_rows_runner
from sync_core.push_rows.services import PushRowsServices
from sync_core.work.chunk import ChunkRunner
from sync_core.work.services import WorkTiming
from transport.delivery import DeliveryFailed
from transport.limiter import RateLimiter
from transport.redaction import Secret
from transport.session import Timeouts, Transport
from triggers.chunk_queue import PARKED_QUEUE, POISON_QUEUE, WORK_QUEUE, StorageChunkQueue, queue_client
from triggers.identity import TokenValidator, caller_of_request
from triggers.limits import CallerLimits
from triggers.screens import Screens
from triggers.settings import Settings, read_settings, read_storage
from triggers.signing_keys import SigningKeys
from triggers.tenants import Tenants

VERSION = "0.1.0"


class SystemClock:
    """The monotonic clock of this process."""

    def monotonic(self) -> float:
        """Seconds since an unknown moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause this thread."""
        time.sleep(seconds)


class Composition:
    """The clients of one process; built once, shared by all functions and threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.token_validator = TokenValidator(
            authority=settings.authority,
            tenant_id=settings.tenant_id,
            api_client_id=settings.api_client_id,
            keys=_signing_keys(settings),
        )
        self.caller_limits = CallerLimits(requests_per_minute=settings.requests_per_minute_per_person)
        self._schema = schema_from_file(settings.schema_file) if settings.schema_file else Work365Schema()
        self._on_behalf_of = _on_behalf_of(settings)
        self._dataverse_transport = self._transport_to_dataverse()
        self._dataverse = DataverseClient(
            base_url=settings.dataverse_url,
            token=managed_identity_token(settings.dataverse_url, client_id=settings.identity_client_id),
            transport=self._dataverse_transport,
        )
        self._queue = self._queue_named(WORK_QUEUE)
        self._tenants = Tenants(settings)
        self.screens = Screens(
            dataverse=self._dataverse, dataverse_as=self._dataverse_as, schema=self._schema, tenants=self._tenants
        )
        self._imports = ImportLedger(self._dataverse, self._schema)
        self._mapped = MappedSet(self._imports)
        self._indexes = RecordIndexes(time.monotonic)

    def push_services(self) -> PushServices:
        """Return the ports of the push; our own tables are written as the app, Work 365's as the person."""
        return PushServices(
            jobs=JobRepository(self._dataverse),
            ledger=MappingLedger(self._dataverse),
            queue=self._queue,
            clock=SystemClock(),
            work365_as=self._work365_as,
            psa_of=self._tenants.tenant_of,
            timing=self._timing(),
        )

    def push_rows_services(self) -> PushRowsServices:
        """Return the ports of the push of products, accounts and billing contracts."""
        return PushRowsServices(
            jobs=JobRepository(self._dataverse),
            queue=self._queue,
            clock=SystemClock(),
            timing=self._timing(),
            ledger=MappingLedger(self._dataverse),
            claims=RowClaimRepository(self._dataverse, self._schema),
            rows_as=lambda person: SourceRepository(self._dataverse_as(person), self._schema),
            creation_of=self._tenants.creation_of,
            targets_of=self._tenants.tenant_of,
            companies_of=lambda connector: ConnectWiseDirectory(self._tenants.client_of(connector), in_parallel=1),
        )

    def pull_services(self) -> PullServices:
        """Return the ports of the import, and what its lists keep in memory."""
        in_parallel = self.settings.connectwise_in_flight
        return PullServices(
            jobs=JobRepository(self._dataverse),
            queue=self._queue,
            clock=SystemClock(),
            timing=self._timing(),
            mappings=MappingLedger(self._dataverse),
            ledger=self._imports,
            work365_as=lambda person: ImportRepository(self._dataverse_as(person), self._schema),
            psa_of=self._tenants.tenant_of,
            directory_of=lambda connector: ConnectWiseDirectory(
                self._tenants.client_of(connector), in_parallel=in_parallel
            ),
            mapped=self._mapped,
            indexes=self._indexes,
            companies_inline=self.settings.pull_companies_inline_limit,
        )

    def audit_log(self) -> AuditLog:
        """Return what reads the audit log."""
        return AuditLog(self._dataverse)

    def runner_of(self, job: Job) -> ChunkRunner:
        """Return what works on the chunks of this job."""
        if job.direction is JobDirection.PUSH and job.kind in {JobKind.INVOICE_LINE, JobKind.INVOICE}:
            return push_runner(self.push_services())
        if job.direction is JobDirection.PULL and job.kind in {JobKind.COMPANY, JobKind.AGREEMENT}:
            return pull_runner(self.pull_services())
        if job.direction is JobDirection.PUSH and job.kind in MAPPING_KINDS:
            return push_rows_runner(self.push_rows_services())
        msg = f"no work is known for jobs of kind {job.direction.name} {job.kind.name}"
        raise LookupError(msg)

    def poison_queue(self) -> StorageChunkQueue:
        """Return the queue where the host puts messages that failed again and again."""
        return self._queue_named(POISON_QUEUE)

    def parked_queue(self) -> StorageChunkQueue:
        """Return the queue that keeps messages nobody could work, for a person."""
        return self._queue_named(PARKED_QUEUE)

    def sign_in_for_caller(self) -> None:
        """Get the token on behalf of the request's caller now, so that a challenge comes before anything is written."""
        caller = caller_of_request.get()
        if self._on_behalf_of is not None and caller is not None:
            self._on_behalf_of.token(caller.token)

    def _timing(self) -> WorkTiming:
        settings = self.settings
        return WorkTiming(
            lease=settings.lease_seconds,
            post_commit=settings.post_commit_seconds,
            chunk_lines=settings.chunk_lines,
            chunks_queued=settings.chunks_queued,
            inline_limit=settings.inline_limit,
            agreements_in_parallel=settings.connectwise_in_flight,
            jobs_per_person=settings.queued_jobs_per_person,
        )

    def _dataverse_as(self, person: EntraObjectId) -> DataverseClient:
        """Return a client with the rights of this person.

        In a request of that person, and if the app can sign in on behalf of people: their own token. Otherwise, so in
        all background work: the app's token with the person as the caller, which grants what both may.
        """
        caller = caller_of_request.get()
        if self._on_behalf_of is None or caller is None or caller.object_id != person:
            return self._dataverse.acting_as(person)
        return DataverseClient(
            base_url=self.settings.dataverse_url,
            token=self._on_behalf_of.token_of(caller.token),
            transport=self._dataverse_transport,
        )

    def _work365_as(self, person: EntraObjectId) -> Work365Repository:
        return Work365Repository(self._dataverse_as(person), self._schema)

    def _transport_to_dataverse(self) -> Transport:
        settings = self.settings
        return Transport(
            timeouts=Timeouts(settings.dataverse_connect_timeout_seconds, settings.dataverse_read_timeout_seconds),
            limiter=RateLimiter(
                requests_per_minute=settings.dataverse_requests_per_minute, in_flight=settings.dataverse_in_flight
            ),
            pool_size=settings.dataverse_in_flight,
        )

    def _queue_named(self, name: str) -> StorageChunkQueue:
        return StorageChunkQueue(queue_client(read_storage(), name))


def _on_behalf_of(settings: Settings) -> OnBehalfOf | None:
    secret, certificate = settings.api_client_secret, settings.api_client_certificate
    if secret is None and certificate is None and not settings.api_client_federated:
        return None
    return on_behalf_of(
        authority=settings.authority,
        tenant_id=settings.tenant_id,
        client_id=settings.api_client_id,
        resource=settings.dataverse_url,
        proof=ClientProof(
            secret=None if secret is None else Secret(secret.get_secret_value()),
            certificate=None if certificate is None else Secret(certificate.get_secret_value()),
            federated=settings.api_client_federated,
            identity_client_id=settings.identity_client_id,
        ),
    )


def _signing_keys(settings: Settings) -> SigningKeys:
    transport = Transport(
        timeouts=Timeouts(connect=5.0, read=5.0, body=10.0),
        limiter=RateLimiter(requests_per_minute=60, in_flight=1),
        pool_size=1,
        largest_answer=1_000_000,
    )
    address = f"{settings.authority.rstrip('/')}/{settings.tenant_id}/discovery/v2.0/keys"

    def fetch() -> bytes | None:
        try:
            reply = transport.exchange("GET", address, headers={"Accept": "application/json"}, repeatable=True)
        except DeliveryFailed:
            return None
        return reply.content if reply.status == HTTPStatus.OK else None

    return SigningKeys(fetch, cool_down=settings.signing_keys_cool_down_seconds)


_building = threading.Lock()


@lru_cache(maxsize=1)
def _composition() -> Composition:
    return Composition(read_settings())


def composition() -> Composition:
    """Return the composition of this process, built at the first call."""
    # Two threads that both build one would have two budgets of requests.
    with _building:
        return _composition()
