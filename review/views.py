"""The review room: one line at a time, by keyboard, by mouse, or with plain forms.

With htmx an act answers with the next card; without, it redirects to the room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View

from adgen.admin.base import person
from adgen.errors import DomainError, Invalid, NotFound
from adgen.models import Role, Variant, VariantState
from adgen.selectors.access import brands_of, visible
from review.forms import ClaimForm, DecisionForm, FilterForm
from review.models import Action, Decision, Reason
from review.selectors.card import card_of
from review.selectors.filters import QueueFilter, queue_filter
from review.selectors.history import recent_decisions
from review.selectors.queue import activity, queue_size
from review.services.claims import claim_next, claims_release, claims_renew
from review.services.decisions import decision_record, decision_undo

_RECENT = 8


@dataclass(frozen=True)
class Notice:
    """What became of the last act; `draft` is a text that could not be saved, to go on with."""

    text: str
    bad: bool = False
    draft: str | None = None


def in_admin(view: type[View]) -> Callable[..., HttpResponseBase]:
    """The view as a page of the admin site, behind its login."""
    return admin.site.admin_view(view.as_view())


class BaseRoomView(View):
    """Which part of the queue the room looks at, and how it shows itself."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.user = person(request)

    def chosen(self) -> tuple[QueueFilter, str]:
        """The part of the queue that the address names, and that part of the address; unknown is a 404."""
        form = FilterForm(self.request.GET)
        if not form.is_valid():
            raise Http404
        try:
            only = queue_filter(self.user, **form.cleaned_data)
        except DomainError as refusal:
            raise Http404 from refusal
        return only, urlencode({name: value for name, value in form.cleaned_data.items() if value})

    def answer(self, notice: Notice, *, paused: bool = False) -> HttpResponse:
        """Show the room after an act."""
        if self.request.htmx or notice.draft is not None:  # type: ignore[attr-defined]
            return self.room(notice, paused=paused)
        level = messages.WARNING if notice.bad else messages.SUCCESS
        messages.add_message(self.request, level, notice.text)
        _, query = self.chosen()
        query = "&".join(filter(None, (query, "paused=1" if paused else "")))
        return HttpResponseRedirect(f"{reverse('review:room')}?{query}")

    def room(self, notice: Notice | None = None, *, paused: bool = False) -> HttpResponse:
        """The room with the next card: the whole page, or only its changing part for htmx."""
        only, query = self.chosen()
        claim = None if paused else claim_next(reviewer=self.user, only=only)
        context: dict[str, Any] = {
            "card": card_of(claim) if claim else None,
            "notice": notice,
            "paused": paused,
            "brand": only.brand,
            "brands": list(brands_of(self.user, Role.REVIEWER)),
            "queue": queue_size(self.user, only),
            "activity": None if claim or paused else activity(self.user, only.brands(self.user)),
            "recent": list(recent_decisions(self.user, _RECENT)),
            "reasons": list(enumerate(Reason.choices, start=1)),
            "renew_seconds": max(1, settings.ADGEN_CLAIM_SECONDS // 3),
            "query": f"?{query}" if query else "",
        }
        if self.request.htmx:  # type: ignore[attr-defined]
            return render(self.request, "review/_room.html", context)
        context |= admin.site.each_context(self.request)
        context |= {"title": "Review", "is_fullwidth": "1"}
        return render(self.request, "review/room.html", context, status=400 if notice else 200)


class RoomView(BaseRoomView):
    """The page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.room(paused="paused" in request.GET)


class DecideView(BaseRoomView):
    """One decision."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.answer(Notice(_faults(form), bad=True))
        given = form.cleaned_data
        variant = get_object_or_404(
            visible(Variant.objects.select_related("brand"), self.user), pk=given.pop("variant")
        )
        action = Action(given.pop("action"))
        try:
            decision = decision_record(reviewer=self.user, variant=variant, action=action, **given)
        except NotFound as refusal:
            raise Http404 from refusal
        except Invalid as refusal:
            draft = given["text"] if action == Action.EDIT else None
            return self.answer(Notice(_worded(refusal), bad=True, draft=draft))
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        return self.answer(Notice(_told(decision)))


class UndoView(BaseRoomView):
    """One step back."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            undo = decision_undo(reviewer=self.user)
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        undo.variant.refresh_from_db(fields=["state"])
        if undo.variant.state == VariantState.BLOCKED:
            told = f"Taken back. The screen blocks “{undo.variant}” by now, so it is not in the queue."
            return self.answer(Notice(told))
        return self.answer(Notice(f"Taken back. “{undo.variant}” is in front of you again."))


class PauseView(BaseRoomView):
    """Hand back the line in hand."""

    def post(self, request: HttpRequest) -> HttpResponse:
        claims_release(reviewer=self.user)
        return self.answer(Notice("Paused. Nothing is held for you."), paused=True)


class RenewView(BaseRoomView):
    """The page's sign of life: the line stays in hand while it is open."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ClaimForm(request.POST)
        if not form.is_valid():
            return HttpResponse(status=400)
        _, lost = claims_renew(reviewer=self.user, tokens=[form.cleaned_data["token"]])
        if lost:
            told = "Your hold on this line is gone: it ran out, and somebody else has the line now."
            return self.answer(Notice(told, bad=True))
        return HttpResponse(status=204)


def _faults(form: DecisionForm) -> str:
    faults = form.errors.get_json_data()
    return "; ".join(f"{name}: {fault['message']}" for name in faults for fault in faults[name])


def _worded(refusal: Invalid) -> str:
    mends = "; ".join(mend for mends in refusal.fields.values() for mend in mends)
    return f"{refusal.detail} ({mends})" if mends else refusal.detail


def _told(decision: Decision) -> str:
    told = f"{decision.get_action_display().capitalize()}: “{decision.variant}”."
    if decision.action == Action.EDIT:
        told += " Your wording goes to the screen; once it passes, it is published."
    return told
