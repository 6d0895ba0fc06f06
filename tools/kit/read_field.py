"""Read one custom field of this ticket, by the label people know it by."""

from collections.abc import Mapping

from tools.kit.tool import Argument, Desk, GiveUp, Tool, TryAgain

_VALUE_MOST = 500


async def _run(desk: Desk, arguments: Mapping[str, str]) -> str:
    asked = arguments.get("label", "").strip().casefold()
    if not desk.fields:
        raise GiveUp("This ticket has no custom fields with a value.")
    for field in desk.fields:
        if asked in (field.label.casefold(), field.name.casefold()):
            return f"{field.label}: {str(field.value)[:_VALUE_MOST]}"
    labels = ", ".join(f"{field.label!r}" for field in desk.fields)
    raise TryAgain(f"There is no such field with a value. There are: {labels}.")


READ_FIELD = Tool(
    name="read_field",
    purpose="Read one custom field of this ticket by its label.",
    arguments=(Argument("label", "The field's label, such as 'Order number'."),),
    credits=0,
    run=_run,
)
