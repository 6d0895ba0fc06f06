"""The automation rules: they call one webhook, faithfully or badly."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.freshdesk.sandbox import sender
from tools.freshdesk.sandbox.allowance import Allowance
from tools.freshdesk.sandbox.desk import Desk
from tools.freshdesk.sandbox.records import Event, Json

# After a failed delivery the service tries again after 5 minutes, then 30 and then 60 after that;
# then it mails the administrators. Source: support article 11000000028141 on webhook failures.
LADDER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(minutes=60))
# A delivery that cannot be paid for is postponed; after a day it is dropped.
# Source: https://support.freshdesk.com/support/solutions/articles/225431
PATIENCE = timedelta(hours=24)
_TAKEN = range(200, 300)
TIMEOUT = 10.0  # seconds, real; the vendor does not state one

TRIGGERS = {"created": "{ticket_action:created}", "customer_reply": "{reply_sent:sent}"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the rule sends, and the secret it shows in a custom header."""

    url: str
    secret: str
    header: str = "X-Deskhand-Secret"


@dataclass(slots=True)
class Manners:
    """How the rule misbehaves.

    Attributes:
        drop: how many of the next deliveries vanish.
        duplicate: how many more times each delivery is sent.
        delay_seconds: how much later each is sent, on the desk's clock.
        garble: substitute quotes and line breaks unescaped, which breaks the JSON.
        omit_secret: leave the custom header out.
    """

    drop: int = 0
    duplicate: int = 0
    delay_seconds: float = 0.0
    garble: bool = False
    omit_secret: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery that was tried, for whoever asks what the rule did.

    Attributes:
        status: what the receiver answered; None: nothing, or the delivery was dropped.
    """

    at: datetime
    ticket_id: int
    trigger: str
    status: int | None
    number: int


class Automations:
    """Listens to the desk and sends in the background; close it, or a delivery may be lost."""

    def __init__(self, desk: Desk, allowance: Allowance, webhook: Webhook | None) -> None:
        """Listen to the desk; without a webhook nothing is ever sent."""
        self.manners = Manners()
        self.attempts: list[Attempt] = []
        self._desk, self._allowance, self._webhook = desk, allowance, webhook
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()
        desk.listeners.append(self.fire)

    def fire(self, event: Event) -> None:
        """Start the delivery of one event, without waiting for it."""
        if self._webhook is None:
            return
        if self.manners.drop > 0:
            self.manners.drop -= 1
            self.attempts.append(Attempt(event.at, event.ticket_id, TRIGGERS[event.name], None, 0))
            return
        body = self._body(event)
        due = self._desk.clock.now() + timedelta(seconds=self.manners.delay_seconds)
        for _ in range(1 + self.manners.duplicate):
            task = asyncio.get_running_loop().create_task(
                self._deliver(self._webhook, event, body, due)
            )
            self._tasks.add(task)
            self._sending.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(self._sending.discard)

    async def settle(self) -> None:
        """Return once nothing is under way; what waits for its moment is not awaited."""
        while self._sending:
            await asyncio.wait(self._sending, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Finish what is under way, give up what waits."""
        await self.settle()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, webhook: Webhook, event: Event, body: bytes, due: datetime) -> None:
        for number, pause in enumerate((*LADDER, None), start=1):
            await self._pause(due)
            if not await self._paid(due):
                return
            status = await self._send(webhook, body)
            at = self._desk.clock.now()
            self.attempts.append(Attempt(at, event.ticket_id, TRIGGERS[event.name], status, number))
            if status in _TAKEN or pause is None:
                return
            due = at + pause

    async def _pause(self, due: datetime) -> None:
        task = asyncio.current_task()
        if due <= self._desk.clock.now() or task is None:
            return
        self._sending.discard(task)
        await self._desk.clock.wait_until(due)
        self._sending.add(task)

    async def _paid(self, since: datetime) -> bool:
        """Take the credit a webhook costs, in a later window if need be; False after a day."""
        while True:
            now = self._desk.clock.now()
            verdict = self._allowance.charge("", "webhook", 1, now=now)
            if verdict.retry_after is None:
                return True
            if now - since > PATIENCE:
                return False
            await self._pause(now + timedelta(seconds=verdict.retry_after))

    async def _send(self, webhook: Webhook, body: bytes) -> int | None:
        headers = {"Content-Type": "application/json", "User-Agent": "Freshdesk"}
        if not self.manners.omit_secret:
            headers[webhook.header] = webhook.secret
        return await sender.post(webhook.url, body, headers, timeout=TIMEOUT)

    def _body(self, event: Event) -> bytes:
        """Fill the rule's template: values as text, the event as the vendor's pseudo-JSON."""
        ticket = self._desk.tickets[event.ticket_id]
        requester = self._desk.email_of(ticket.requester_id)
        values: Json = {
            "ticket_id": str(ticket.id),
            "ticket_subject": ticket.subject or "",
            "ticket_status": self._desk.statuses[ticket.status][0],
            "ticket_contact_email": requester or "",
            "ticket_url": f"https://{self._desk.account['domain']}/helpdesk/tickets/{ticket.id}",
            "triggered_event": TRIGGERS[event.name],
        }
        if self.manners.garble:
            # Placeholders are replaced in the template as they are: a quote ends the text.
            values["ticket_subject"] += ' "said'
            inner = ",".join(f'"{name}":"{value}"' for name, value in values.items())
            return f'{{"freshdesk_webhook":{{{inner}}}}}'.encode()
        return json.dumps({"freshdesk_webhook": values}).encode()
