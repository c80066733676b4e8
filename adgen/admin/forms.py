"""Forms of the admin site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from adgen.briefs import (
    LIST_LIMITS,
    MAX_LINES_PER_SLOT,
    TEXT_LIMITS,
    brand_from_json,
    brief_from_json,
    brief_of_brand,
)
from adgen.channels import SlotFormat, slot_formats
from adgen.errors import Invalid
from adgen.imports.tables import MAX_BYTES
from adgen.models import ApiKey, Brand, Brief, Fact, Membership, Scope, SpecialCategory
from adgen.selectors.briefs import brand_spec, refuse_other_category
from adgen.spec import TONES, BriefSpec

BRIEF_FIELDS = (
    *("campaign", "special_category", "product", "audience", "messages", "offer", "tone"),
    *("keywords", "url", "must_include", "must_avoid"),
)


class LinesField(forms.CharField):
    """A list of texts, written one to a line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (value or "").splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]
    """A brand within the limits of briefs, or no brief could name it."""

    banned_words = LinesField(help_text="Words that no line may contain, one to a line.")
    required_words = LinesField(help_text="Words that every line has, where they fit, one to a line.")
    competitors = LinesField(help_text="Names that are flagged where a line has them, one to a line.")

    class Meta:
        model = Brand
        fields = [
            *("name", "slug", "language", "voice", "special_category"),
            *("banned_words", "required_words", "competitors", "four_eyes", "gold_percent"),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        beside_briefs = {"slug", "four_eyes", "gold_percent"}
        try:
            brand_from_json({name: value for name, value in data.items() if name not in beside_briefs})
        except Invalid as refusal:
            named = {field.removeprefix("brand."): faults for field, faults in refusal.fields.items()}
            for field in named.keys() - self.errors.keys():
                self.add_error(field, named[field])
        return data


class FactForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Fact
        fields = ["brand", "subject", "relation", "object", "is_claim", "evidence", "expires_on"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("is_claim") and not data.get("evidence"):
            self.add_error("evidence", "A claim needs evidence: a URL or a document's name.")
        return data


def _text(field: str, **kwargs: Any) -> forms.CharField:
    limit = TEXT_LIMITS[field]
    kwargs.setdefault("help_text", f"At most {limit} characters.")
    return forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs={"maxlength": limit}), **kwargs
    )


def _lines(field: str, what: str) -> LinesField:
    most, longest = LIST_LIMITS[field]
    return LinesField(help_text=f"{what}, one to a line: at most {most}, of {longest} characters each.")


def slot_field(slot: str) -> str:
    """The form's name for a slot key, which has a dot."""
    return "slot_" + slot.replace(".", "__")


def _told(slot: SlotFormat) -> str:
    """What the platform takes, for a person who asks for lines of it."""
    limit = f"At most {slot.limit} characters" if slot.hard else f"Shows {slot.limit} characters"
    better = f", better {slot.recommended}" if slot.recommended else ""
    fewest, most = slot.count
    count = f"up to {most}" if fewest == 0 else f"{fewest} to {most}" if fewest < most else f"{most}"
    return f"{limit}{better}; an ad takes {count}."


class BriefForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new brief. What is wrong with it, the one reader of briefs says: as in the API and in imports."""

    campaign = _text("campaign", help_text="A new name makes a new campaign.")
    special_category = forms.ChoiceField(
        label="Special ad category",
        required=False,
        choices=[("", "the campaign's own"), *SpecialCategory.choices[1:]],
        widget=UnfoldAdminSelectWidget,
        help_text="Of a new campaign: it is held to stricter rules.",
    )
    product = _text("product", label="Product *")
    audience = _text("audience")
    messages = _lines("messages", "What to say")
    offer = _text("offer")
    tone = forms.ChoiceField(
        required=False,
        choices=[("", "the brand's own"), *((tone, tone) for tone in TONES)],
        widget=UnfoldAdminSelectWidget,
    )
    keywords = _lines("keywords", "What people search for")
    url = _text("url", label="URL")
    must_include = _lines("must_include", "Phrases that the lines must have")
    must_avoid = _lines("must_avoid", "Words that no line may have")

    class Meta:
        model = Brief
        fields = ["brand"]

    spec: BriefSpec

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot in slot_formats().values():
            self.fields[slot_field(slot.slot)] = forms.IntegerField(
                required=False,
                label=slot.name.capitalize(),
                help_text=_told(slot),
                min_value=1,
                max_value=MAX_LINES_PER_SLOT,
                widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": slot.label}),
            )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if brand := data.get("brand"):
            counts = {slot: data.get(slot_field(slot)) for slot in slot_formats()}
            texts = {name: data.get(name) for name in BRIEF_FIELDS}
            try:
                spec = brief_from_json(
                    {
                        "brand": brand.name,
                        "slots": {slot: count for slot, count in counts.items() if count},
                        **texts,
                    }
                )
                refuse_other_category(brand, spec, {})
                self.spec = brief_of_brand(spec, brand_spec(brand))
            except Invalid as refusal:
                self._tell(refusal)
        return data

    def _tell(self, refusal: Invalid) -> None:
        for field, faults in refusal.fields.items():
            if field in self.fields:
                self.add_error(field, faults)
            elif field == "slots":
                self.add_error(None, "Lines wanted: say how many lines you want of at least one slot.")
            else:
                self.add_error(None, faults)

    def _post_clean(self) -> None:
        """Build no row here: `brief_create` makes it from the checked brief."""


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    expiry_date = forms.SplitDateTimeField(
        label="Expires", required=False, widget=UnfoldAdminSplitDateTimeWidget, help_text="Never where empty."
    )

    class Meta:
        model = ApiKey
        fields = ["brand", "name"]


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ["user", "brand", "role"]


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(label="CSV or XLSX file", widget=UnfoldAdminFileFieldWidget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(f"Has {file.size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} are read.")
        return file


class AdsUploadForm(UploadForm):
    brand = forms.ModelChoiceField(Brand.objects.none(), widget=UnfoldAdminSelectWidget)
    skip_bad = forms.BooleanField(
        required=False, widget=UnfoldBooleanWidget, label="Import the good ads even where others have faults"
    )


class BriefsUploadForm(UploadForm):
    dry_run = forms.BooleanField(
        required=False, widget=UnfoldBooleanWidget, label="Only check the file, store nothing"
    )
