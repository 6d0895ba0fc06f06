"""Counters for `/metrics`, in Prometheus's text format; every name is documented in docs/."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One registry a process; nothing global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "deskhand_deliveries",
            "Webhook requests by how they were answered",
            ["account", "status"],
            registry=self.registry,
        )
        self.settled = Counter(
            "deskhand_deliveries_settled",
            "Deliveries by the state they ended or were set aside in",
            ["account", "state"],
            registry=self.registry,
        )
        self.dispositions = Counter(
            "deskhand_decisions",
            "Decisions by disposition",
            ["account", "disposition"],
            registry=self.registry,
        )
        self.credits = Counter(
            "deskhand_credits",
            "API credits spent by runs",
            ["account"],
            registry=self.registry,
        )
        self.tokens = Counter(
            "deskhand_model_tokens",
            "Tokens read and written by the drafting model",
            ["account", "direction"],
            registry=self.registry,
        )
        self.queue = Gauge(
            "deskhand_queue",
            "Deliveries now in each state",
            ["state"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self.registry)
