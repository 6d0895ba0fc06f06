"""What a run costs: by a table somebody wrote, or not known, and then said so."""

from decimal import Decimal
from importlib.resources import files

import pytest

from agent.llm.prices import BadPrices, Prices, parse, shipped
from agent.model import Usage

TABLE = """
currency = "EUR"

[[price]]
model = "example-large-*"
input = 1.50
cached = 0.15
output = 6

[[price]]
model = "example-*"
input = 0.1
output = 0.2
"""


def table(text: str = TABLE) -> Prices:
    """Return a table of made-up models."""
    return parse(text, where="prices.toml")


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("example-large-7", Usage(input_tokens=1_000_000), "1.50"),
        ("example-large-7", Usage(input_tokens=1_000_000, cached_tokens=400_000), "0.96"),
        ("example-large-7", Usage(output_tokens=500), "0.003"),
        ("example-small", Usage(input_tokens=1000, output_tokens=1000), "0.0003"),
        ("example-small", Usage(input_tokens=1000, cached_tokens=1000), "0.0001"),
        ("example-large-7", Usage(input_tokens=1_000_000, cached_tokens=9_000_000), "0.15"),
    ],
    ids=["input", "cached", "output", "first that fits", "no price for cached", "too many cached"],
)
def test_a_cost_is_tokens_times_price(model: str, usage: Usage, cost: str) -> None:
    """A cap in money and the note's receipt both rest on this figure."""
    assert Decimal(cost) == table().cost(model, usage)


def test_a_model_nobody_priced_has_no_cost_and_the_words_to_mend_it() -> None:
    """A guessed price is worse than none, and the reader must know where to write the true one."""
    prices = table()

    assert prices.cost("another", Usage(input_tokens=5)) is None
    told = prices.unknown("another")
    assert {"another", "prices.toml", "[[price]]"} <= {word.strip("';:, ") for word in told.split()}
    assert "DESKHAND_PRICES" in shipped().unknown("another")


def test_the_shipped_table_invents_no_price_and_its_example_is_valid() -> None:
    """Prices change with every contract; the format, which we do ship, must not mislead."""
    text = files("agent.llm").joinpath("prices.toml").read_text("utf-8")
    lines = [line.removeprefix("#").removeprefix(" ") for line in text.splitlines()]
    example = "\n".join(lines[lines.index('currency = "EUR"') :])

    assert Prices(where="prices.toml") == shipped()
    assert {"example-large-*", "my-own-server/*"} == {name for name, _ in table(example).rows}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("currency = ", "not valid TOML"),
        ('curency = "EUR"', "'curency'"),
        ('[[price]]\nmodel = "a"\ninput = 1\noutput = 1', 'such as "EUR"'),
        ('currency = "euro"', "three capital letters"),
        ('currency = "EUR"\nprice = 3', "double brackets"),
        ('currency = "EUR"\n[[price]]\ninput = 1\noutput = 1', "price 1: model"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\ninput = 1', "price 1: output = None"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\ninput = -1\noutput = 1', "0 or more"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\ninput = nan\noutput = 1', "0 or more"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\ninput = "1"\noutput = 1', "input = '1'"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\ninput = true\noutput = 1', "input = True"),
        ('currency = "EUR"\n[[price]]\nmodel = "a"\noutputs = 1', "'outputs'"),
    ],
)
def test_a_mistake_in_the_table_names_the_place_and_the_fix(text: str, told: str) -> None:
    """Somebody copies figures from a price list by hand."""
    with pytest.raises(BadPrices) as fault:
        table(text)

    assert "prices.toml" in str(fault.value)
    assert told in str(fault.value)
