"""The little English that the copywriter knows, on phrases that are in no list of the corpus."""

from __future__ import annotations

import pytest

from workers.starter.copywriter import fields, language, quality, roles
from workers.starter.copywriter.fields import Value
from workers.starter.copywriter.industry import sold
from workers.starter.copywriter.pointers import Piece, Pointer

ROLES = {
    "noun": [
        "hand-tuned nibs",
        "vet-written recipes",
        "a walnut case",
        "notes of elderflower",
        "views of the harbour",
        "fresh chicken every week",
        "doorstep collection on Fridays",
        "photos the next day",
        "smoked salmon",
        "24/7 breakdown help",
        "real-time stock levels",
        "repairs for life",
        "a cover you can wash",
        "cover you can wash",
    ],
    "verb": [
        "skip any month",
        "walk to the station",
        "refill at home",
        "grow your own salad",
        "cook like a chef",
        "cut your energy bill",
        "keep more of what you earn",
        "stop losing receipts",
    ],
    "does": [
        "stays cool in July",
        "tops up by itself",
        "keeps you warm in winter",
        "files tax returns",
        "cleans itself",
        "sits flat in a drawer",
        "works with Xero and Sage",
        "doubles as a desk",
        "folds into a bag",
        "cures without an oven",
        "lathers in hard water",
        "bends like a sock",
        "names the species",
        "sleeps six",
        "texts before the visit",
        "talks to your scanner",
    ],
    "aside": [
        "no call-out fee",
        "two pockets inside",
        "no minimum contract",
        "kit included",
        "won't shrink",
        "gloves and grabbers provided",
        "refillable for life",
        "easy to descale",
        "open late on Thursdays",
        "gluten-free and still crisp",
        "kind to sensitive skin",
        "quiet enough for flats",
        "cheaper than a taxi",
        "back in October",
        "can be resoled twice",
        "until 12 April",
        "kegs swapped weekly",
        "a mile from the coast path",
        "18 to 24 mm",
        "£5 a month",
        "every Friday at 8",
        "brass or black",
        "sizes 4 to 13",
    ],
    "adjective": [
        "lint-free",
        "light and quiet",
        "ethically sourced",
    ],
    "participle": [
        "roasted on Mondays",
        "made from limestone neoprene",
        "built in Leeds",
        "hand-poured in Cornwall",
        "made in small batches in Leeds",
        "hand-finished in Stoke",
        "cut to your height",
        "cut from coppiced hazel",
        "wound in Mittenwald",
        "set in Bath stone",
    ],
    "clause": [
        "we see you within a week",
        "your first month is free",
        "every seam is taped in Hull",
        "our vets answer in ten minutes",
        "every order ships the same day",
        "all profits go to charity",
    ],
}


@pytest.mark.parametrize(
    ("role", "phrase"), [(role, phrase) for role, phrases in ROLES.items() for phrase in phrases]
)
def test_a_message_has_its_role(role: str, phrase: str) -> None:
    assert roles.role(phrase) == role


@pytest.mark.parametrize(
    ("phrase", "number"),
    [
        ("electric bikes", "many"), ("walking tours of Lisbon", "many"), ("people carrier", "one"),
        ("espresso subscription", "one"), ("summer dress", "one"),
        ("home insurance", "mass"), ("knitwear", "mass"),
        ("a pair of boots", "one"), ("women", "many"),
        ("warmth and light", "many"), ("painting and decorating", "mass"), ("TV and broadband bundle", "one"),
        ("CNC milling", "mass"), ("knife sharpening by post", "mass"), ("moving abroad", "mass"),
        ("oil painting", "one"), ("farriery", "mass"), ("physio by video", "mass"),
        ("archive digitisation", "mass"), ("skin clinics", "many"),
    ],
)  # fmt: skip
def test_a_product_has_its_number(phrase: str, number: str) -> None:
    assert language.number(phrase) == number


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("jacket you can wash", "a jacket you can wash"),
        ("breakfast for dogs", "breakfast for dogs"),
        ("warm jackets", "warm jackets"),
        ("same-day dispatch", "same-day dispatch"),
        ("jacket included", "jacket included"),
        ("Doesn't spill", "doesn't spill"),
        ("A4 sheets from £12", "A4 sheets from £12"),
        ("Thursdays at 7", "Thursdays at 7"),
    ],
)
def test_a_message_stands_in_running_case_with_the_article_that_it_surely_lacks(
    given: str, told: str
) -> None:
    assert fields.message(given).text == told


@pytest.mark.parametrize(
    ("phrase", "article"),
    [
        ("espresso cup", "an"), ("unique fit", "a"), ("hour", "an"), ("university course", "a"),
        ("18-month plan", "an"), ("80 mm lens", "an"), ("MOT test", "an"), ("USB-C hub", "a"),
        ("NASA mug", "a"), ("umbrella", "an"),
        ("understated look", "an"), ("one-off print", "a"),
    ],
)  # fmt: skip
def test_an_article_follows_the_sound(phrase: str, article: str) -> None:
    assert language.article(phrase) == article


def test_verbs_change_their_form_and_keep_their_adverb() -> None:
    assert language.verb_form("keep your feet dry", "VBZ") == "keeps your feet dry"
    assert language.verb_form("save time", "VBG") == "saving time"
    assert language.verb_form("files tax returns", "VB") == "file tax returns"
    assert language.verb_form("always stays warm", "VB") == "always stay warm"
    assert language.verb_form("travel light", "VBG") == "travelling light"
    assert language.verb_form("reveal more", "VBG") == "revealing more"


@pytest.mark.parametrize(
    ("given", "running"),
    [
        ("Free cancellation", "free cancellation"),
        ("GDPR-ready", "GDPR-ready"),
        ("Gas Safe registered", "Gas Safe registered"),
        ("Roasted on Mondays", "roasted on Mondays"),
    ],
)
def test_a_sentence_capital_goes_and_a_name_stays(given: str, running: str) -> None:
    assert fields.message(given).text == running


def test_an_offer_loses_its_article_and_remembers_it() -> None:
    assert fields.offer("A 30-day free trial") == fields.Value("30-day free trial", number="one")
    assert fields.offer("free demo").number == "one"
    assert fields.offer("20% off your first class").number == "mass"
    assert fields.offer("free delivery").number == "mass"
    assert fields.offer("a month on the house").text == "a month on the house"


@pytest.mark.parametrize(
    ("people", "number"),
    [("runners", "many"), ("growing teams", "many"), ("team days", "mass"), ("friends, couples", "mass"),
     ("homes and offices", "mass")],
)  # fmt: skip
def test_only_people_can_be_greeted(people: str, number: str) -> None:
    assert fields.audience(people).number == number


@pytest.mark.parametrize(
    ("text", "titled"),
    [
        ("made for the road", "Made for the Road"),
        ("tea: a habit", "Tea: A Habit"),
        ("it is here", "It Is Here"),
    ],
)
def test_title_case_raises_what_opens_and_leaves_small_words(text: str, titled: str) -> None:
    assert language.titled(text, opening=True) == titled


@pytest.mark.parametrize(
    ("product", "others", "industry"),
    [
        ("payroll software", ("files tax returns",), "software"),
        ("fountain pens", ("letter writers",), "gifts"),
        ("hiking boots", (), "fashion"),
        ("tomato seedlings", ("balcony growers",), "garden"),
        ("quokka", (), ""),
    ],
)
def test_a_brief_is_of_the_trade_whose_words_are_nearest_in_meaning(
    product: str, others: tuple[str, ...], industry: str
) -> None:
    assert sold(product, others).trade == industry


@pytest.mark.parametrize(
    "line",
    [
        "A apples a day",
        "A boots for you",
        "Get get yours",
        "Tea (the good one",
        "Looking for tea? Plus, free delivery",
        "Tea for two for families",
        "Yours today. order now",
        "",
        "...",
        "Tea ,now",
        "Made to be enjoyed. Made to be enjoyed.",
        "Talk to us with Quillhaven",
        "With Quillhaven, we plant a tree",
        "Need tea now? Get in touch now.",
        "Warm socks. Why not see for yourself? Right now: half price",
        "Hi, runners. With warm socks.",
        "Meet Quillhaven. Made for runners",
    ],
)
def test_a_faulty_line_is_found_out(line: str) -> None:
    assert quality.faults(line)


@pytest.mark.parametrize(
    "line",
    [
        "An hour a day",
        "no capitals here. none at all.",
        "Mirror, mirror",
        "Ready? Go on, then.",
        "A children's menu",
        "A host's best friend",
        "A tapas bar with a sales target",
        "Tea? Check. Cake? Check.",
        "Looking for tea for two?",
        "Meet Quillhaven. For runners: warm socks.",
        "Say hello. With us you can run.",
    ],
)
def test_a_clean_line_has_no_faults(line: str) -> None:
    assert quality.faults(line) == []


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        (["We bring ", Pointer("message1")], False),
        (["With ", Pointer("message1")], False),
        ([Pointer("product"), ": ", Pointer("message1")], True),
        (["Helping ", Pointer("audience"), " ", Pointer("message2")], False),
        ([Pointer("audience", case="cap"), ": ", Pointer("message2")], True),
        ([Pointer("message1", case="cap"), " included"], False),
        (["Tea, ", Pointer("message1"), " and cake"], True),
        (["Ask about ", Pointer("product")], False),
        (["Ask about a ", Pointer("product")], True),
        (["A ", Pointer("product"), " that ", Pointer("message3", "third")], True),
        (["A ", Pointer("product"), " that ", Pointer("message3")], False),
        (["A kettle with ", Pointer("message4")], False),
        ([Pointer("offer"), " on tea"], False),
        ([Pointer("offer"), " today"], True),
        (["Say yes to ", Pointer("offer")], True),
        ([Pointer("audience", case="cap"), ", hello. Why wait?"], False),
        ([Pointer("audience", case="cap"), ", hello. Meet a ", Pointer("product")], True),
        (["Tea that ", Pointer("message1", "third")], False),
    ],
)
def test_a_message_fits_the_words_before_it(line: list[Piece], fits: bool) -> None:
    values = {
        "message1": Value("no joining fee", "aside"),
        "message2": Value("beat your best time", "verb"),
        "message3": Value("last all day", "does"),
        "message4": Value("a lid with a lock", "noun", "one"),
        "audience": Value("runners", number="many"),
        "product": Value("kettle", number="one"),
        "offer": Value("20% off", number="mass"),
    }
    assert quality.misplaced(line, values) != fits


@pytest.mark.parametrize(
    ("offer", "fits"),
    [("free delivery", True), ("your first month free", True), ("first lesson free", False)],
)
def test_only_what_can_be_got_follows_get(offer: str, fits: bool) -> None:
    values = {"brand": Value("Orla"), "offer": fields.offer(offer)}
    assert quality.misplaced(["Join and get ", Pointer("offer")], values) != fits


def test_what_is_said_of_one_thing_is_not_said_of_many() -> None:
    values = {"product": Value("reading lamps", number="many"), "message1": Value("doesn't flicker", "aside")}
    assert quality.misplaced([Pointer("product", case="cap"), ". ", Pointer("message1", case="cap")], values)
    assert not quality.misplaced(["Good news: ", Pointer("message1")], values)


def test_an_offer_that_is_a_sentence_follows_no_word() -> None:
    values = {"brand": Value("Orla"), "offer": fields.offer("kids paddle free")}
    assert quality.misplaced(["Begin with ", Pointer("offer")], values)
    assert not quality.misplaced(["Now on: ", Pointer("offer")], values)
