"""The domain: brands, briefs, the work that writes for them, and what comes of it."""

from adgen.models.adapters import Adapter, AdapterStatus, TrainingRun
from adgen.models.audit import AuditAction, AuditChain, AuditEvent
from adgen.models.brands import (
    ApiKey,
    Brand,
    Exemplar,
    Fact,
    FourEyes,
    Membership,
    Role,
    Scope,
    SpecialCategory,
)
from adgen.models.briefs import Brief, Campaign
from adgen.models.clusters import Cluster, ClusterLine
from adgen.models.idempotency import IdempotencyKey
from adgen.models.leases import LeasedWork, WorkState
from adgen.models.rechecks import Recheck, RecheckState, Release
from adgen.models.screens import Rescreen, RescreenReason, ScreenVersion
from adgen.models.variants import Screening, Variant, VariantState
from adgen.models.work import Batch, BatchState, Chunk, ChunkKind, WorkerPulse

__all__ = [
    "Adapter",
    "AdapterStatus",
    "ApiKey",
    "AuditAction",
    "AuditChain",
    "AuditEvent",
    "Batch",
    "BatchState",
    "Brand",
    "Brief",
    "Campaign",
    "Chunk",
    "ChunkKind",
    "Cluster",
    "ClusterLine",
    "Exemplar",
    "Fact",
    "FourEyes",
    "IdempotencyKey",
    "LeasedWork",
    "Membership",
    "Recheck",
    "RecheckState",
    "Release",
    "Rescreen",
    "RescreenReason",
    "Role",
    "Scope",
    "ScreenVersion",
    "Screening",
    "SpecialCategory",
    "TrainingRun",
    "Variant",
    "VariantState",
    "WorkState",
    "WorkerPulse",
]
