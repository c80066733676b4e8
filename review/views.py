"""The review room: one line at a time, by keyboard, by mouse, or with plain forms.

The page's script acts through the API and fetches lines in advance here; without it, plain forms act here and
lead back to the room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django import forms
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
from review.forms import BesidesForm, CommentForm, DecisionForm, FilterForm, MarkForm
from review.models import Action, Claim, Decision, MarkKind, Missed, Reason
from review.selectors.card import card_of
from review.selectors.filters import QueueFilter, queue_filter
from review.selectors.history import recent_decisions
from review.selectors.keys import keys_of
from review.selectors.queue import activity, queue_size
from review.services.claims import claim_next, claims_release
from review.services.comments import comment_add
from review.services.decisions import decision_record, step_undo
from review.services.marks import mark_create

_RECENT = 8


@dataclass(frozen=True)
class Notice:
    """What became of an act; `draft` is a text that could not be saved, to go on with."""

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
        """Lead back to the room after an act."""
        level = messages.WARNING if notice.bad else messages.SUCCESS
        messages.add_message(self.request, level, notice.text)
        _, query = self.chosen()
        query = "&".join(filter(None, (query, "paused=1" if paused else "")))
        return HttpResponseRedirect(f"{reverse('review:room')}?{query}")

    def refuse(self, form: forms.Form) -> HttpResponse:
        """Say what is wrong with what was sent."""
        faults = form.errors.get_json_data()
        told = "; ".join(f"{name}: {fault['message']}" for name in faults for fault in faults[name])
        return self.answer(Notice(told, bad=True))

    def line(self, pk: int) -> Variant:
        """A line of the person's brands; any other is a 404."""
        return get_object_or_404(visible(Variant.objects.select_related("brand"), self.user), pk=pk)

    def leaf(self, *, besides: Collection[int] = (), paused: bool = False) -> dict[str, Any]:
        """What shows the next line with all that belongs to it, or why there is none."""
        only, query = self.chosen()
        claim = None if paused else claim_next(reviewer=self.user, only=only, besides=besides)
        return {
            "card": card_of(claim) if claim else None,
            "paused": paused,
            "brand": only.brand,
            "brands": list(brands_of(self.user, Role.REVIEWER)),
            "queue": queue_size(self.user, only),
            "activity": None if claim or paused else activity(self.user, only.brands(self.user)),
            "reasons": list(enumerate(Reason.choices, start=1)),
            "missed": list(enumerate(Missed.choices, start=1)),
            "keys": keys_of(self.user),
            "query": f"?{query}" if query else "",
        }

    def room(self, notice: Notice | None = None, *, paused: bool = False) -> HttpResponse:
        """The whole page; `notice` is of an act that was refused."""
        context = {
            **admin.site.each_context(self.request),
            **self.leaf(paused=paused),
            "title": "Review",
            "is_fullwidth": "1",
            "notice": notice,
            "recent": list(recent_decisions(self.user, _RECENT)),
            "renew_seconds": max(1, settings.ADGEN_CLAIM_SECONDS // 3),
        }
        return render(self.request, "review/room.html", context, status=400 if notice else 200)


class RoomView(BaseRoomView):
    """The page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.room(paused="paused" in request.GET)


class NextView(BaseRoomView):
    """One more line in advance, as a piece of the page."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BesidesForm(request.POST)
        if not form.is_valid():
            return HttpResponse(status=400)
        context = self.leaf(besides=form.cleaned_data["besides"])
        return render(request, "review/_leaf.html", context)


class DecideView(BaseRoomView):
    """One decision."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.refuse(form)
        given = form.cleaned_data
        variant = self.line(given.pop("variant"))
        action = Action(given.pop("action"))
        try:
            decision = decision_record(reviewer=self.user, variant=variant, action=action, **given)
        except NotFound as refusal:
            raise Http404 from refusal
        except Invalid as refusal:
            if action == Action.EDIT:
                return self.room(Notice(_worded(refusal), bad=True, draft=given["text"]))
            return self.answer(Notice(_worded(refusal), bad=True))
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        return self.answer(Notice(_told(decision)))


class MarkView(BaseRoomView):
    """A reviewer's word on the screen."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MarkForm(request.POST)
        if not form.is_valid():
            return self.refuse(form)
        given = form.cleaned_data
        variant = self.line(given.pop("variant"))
        try:
            mark_create(reviewer=self.user, variant=variant, **given | {"kind": MarkKind(given["kind"])})
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        return self.answer(Notice("Noted. The line itself waits for your decision."))


class CommentView(BaseRoomView):
    """A note that stays on a line."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CommentForm(request.POST)
        if not form.is_valid():
            return self.refuse(form)
        variant = self.line(form.cleaned_data["variant"])
        try:
            comment_add(author=self.user, variant=variant, note=form.cleaned_data["note"])
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        return self.answer(Notice("Your comment stays with the line."))


class UndoView(BaseRoomView):
    """One step back."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            step = step_undo(reviewer=self.user)
        except DomainError as refusal:
            return self.answer(Notice(refusal.detail, bad=True))
        undo = step.undos[-1]
        undo.variant.refresh_from_db(fields=["state"])
        if undo.variant.state == VariantState.BLOCKED:
            told = f"Taken back. The screen blocks “{undo.variant}” by now, so it is not in the queue."
            return self.answer(Notice(told))
        if not Claim.objects.filter(variant=undo.variant, reviewer=self.user).exists():
            return self.answer(Notice(f"Taken back. “{undo.variant}” is somebody else’s to judge now."))
        others = len(step.undos) - 1
        more = f" {others} decided with it wait again as well." if others else ""
        more += f" {step.left} of that step are left: undo again." if step.left else ""
        return self.answer(Notice(f"Taken back. “{undo.variant}” is in front of you again.{more}"))


class PauseView(BaseRoomView):
    """Hand back the lines in hand."""

    def post(self, request: HttpRequest) -> HttpResponse:
        claims_release(reviewer=self.user)
        return self.answer(Notice("Paused. Nothing is held for you."), paused=True)


def _worded(refusal: Invalid) -> str:
    mends = "; ".join(mend for mends in refusal.fields.values() for mend in mends)
    return f"{refusal.detail} ({mends})" if mends else refusal.detail


def _told(decision: Decision) -> str:
    told = f"{decision.get_action_display().capitalize()}: “{decision.variant}”."
    if decision.action == Action.EDIT:
        told += " Your wording goes to the screen; once it passes, it is published."
    return told
