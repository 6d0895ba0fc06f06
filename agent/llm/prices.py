"""What a model's tokens cost, by a table that the operator keeps; pure.

A price that nobody wrote down is unknown and never guessed: the cost is None, and a limit in
money refuses the call.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib.resources import files

from agent.model import Usage

_A_MILLION = 1_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONEY = ("input", "cached", "output")


class BadPrices(ValueError):
    """A price table that cannot be used: the message names the file, the place and the fix."""


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens; `cached` is for input the endpoint had read before."""

    input: Decimal
    cached: Decimal
    output: Decimal

    def of(self, *, read: int, cached: int, written: int) -> Decimal:
        """Return what these tokens cost; `cached` is a part of `read`."""
        kept = min(cached, read)
        whole = self.input * (read - kept) + self.cached * kept + self.output * written
        return whole / _A_MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table.

    Attributes:
        currency: of every price in it, three letters; "" in a table without prices.
        rows: patterns of model names with their price; the first that fits counts.
        where: the file it was read from, for messages.
    """

    currency: str = ""
    rows: tuple[tuple[str, Price], ...] = ()
    where: str = ""

    def find(self, model: str) -> Price | None:
        """Return a model's price, or None where nobody wrote one down."""
        return next((price for name, price in self.rows if fnmatchcase(model, name)), None)

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what a run on this model cost, or None where no price is known."""
        price = self.find(model)
        if price is None:
            return None
        return price.of(
            read=usage.input_tokens, cached=usage.cached_tokens, written=usage.output_tokens
        )

    def unknown(self, model: str) -> str:
        """Return the words for a price that is missing: where it belongs and how it is written."""
        table = self.where if self.rows else "a file, and name that file in DESKHAND_PRICES"
        return (
            f"no price is known for the model {model!r}; write one into {table}:"
            f' currency = "EUR", then [[price]] with model = "{model}", input = …, output = …'
            " (money a million tokens; 0 for a server of your own)"
        )


def shipped() -> Prices:
    """Return the table that comes with the program: the format, and no price."""
    return parse(files("agent.llm").joinpath("prices.toml").read_text("utf-8"), where="prices.toml")


def parse(text: str, *, where: str) -> Prices:
    """Return the table a file holds.

    Args:
        text: TOML; see `prices.toml` for the format.
        where: the file's name, for messages.

    Raises:
        BadPrices: it is not TOML, or a key or value does not fit.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise BadPrices(f"{where} is not valid TOML: {fault}") from None
    surplus = sorted(set(document) - {"currency", "price"})
    if surplus:
        raise BadPrices(f"{where}: unknown key {surplus[0]!r}; known are 'currency' and [[price]]")
    listed = document.get("price", [])
    if not isinstance(listed, list):
        raise BadPrices(f"{where}: write [[price]] with double brackets, once for each model")
    rows = tuple(_row(row, f"{where}: price {at}") for at, row in enumerate(listed, start=1))
    return Prices(_currency(document, where, needed=bool(rows)), rows, where)


def _currency(document: Mapping[str, object], where: str, *, needed: bool) -> str:
    told = document.get("currency", "")
    if (needed or told) and not (isinstance(told, str) and _CURRENCY.fullmatch(told)):
        raise BadPrices(f'{where}: currency = {told!r}: use three capital letters, such as "EUR"')
    return str(told)


def _row(row: object, where: str) -> tuple[str, Price]:
    if not isinstance(row, dict):
        raise BadPrices(f"{where} must be a table with model, input and output")
    surplus = sorted(set(row) - {"model", *_MONEY})
    if surplus:
        raise BadPrices(
            f"{where}: unknown key {surplus[0]!r}; known are model, {', '.join(_MONEY)}"
        )
    name = row.get("model")
    if not isinstance(name, str) or not name:
        raise BadPrices(f'{where}: model = {name!r}: use a name or a pattern, such as "example-*"')
    money = {key: _amount(row.get(key), f"{where}: {key}") for key in ("input", "output")}
    cached = _amount(row["cached"], f"{where}: cached") if "cached" in row else money["input"]
    return name, Price(money["input"], cached, money["output"])


def _amount(value: object, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadPrices(f"{where} = {value!r}: use a number, money for a million tokens")
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise BadPrices(f"{where} = {value}: use a number, 0 or more")
    return amount
