"""The errors that cross a boundary. Each says what is wrong, where, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """A request that the domain refuses. `status` is the HTTP status the API answers with."""

    status = 400
    code = "invalid"

    def __init__(self, detail: str, *, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = dict(fields or {})


class Invalid(DomainError):
    """Input that breaks a rule. `fields` maps a field's name to what is wrong with it."""


class NotFound(DomainError):
    """The object does not exist, or belongs to a brand that the caller is no member of."""

    status = 404
    code = "not_found"


class NotAllowed(DomainError):
    """The caller sees the object but lacks the role for this act."""

    status = 403
    code = "not_allowed"


class StateConflict(DomainError):
    """The object is no longer in the state that the act starts from; reload and decide again."""

    status = 409
    code = "conflict"


class WorkerFailure(Exception):
    """A worker could not finish a piece of work.

    `permanent` failures are not retried. A failure that `waits` is retried without using up an
    attempt: nothing is wrong with the work, something it needs (weights, storage) is missing.
    """

    permanent = False
    waits = False


class ModelUnavailable(WorkerFailure):
    """Weights are missing, tampered with or unusable; the work waits until an operator mends it."""

    waits = True


class OutOfMemory(WorkerFailure):
    """The device ran out of memory even at a minibatch of one."""


class WorkStopped(WorkerFailure):
    """The lease is gone: cancelled, or taken over by another worker. Write nothing more."""


class CannotTrain(WorkerFailure):
    """The manifest cannot give an adapter (too few examples, nothing learnable)."""

    permanent = True
