"""A log that takes no line any more: the disk is full, the tickets are not to blame."""

from pathlib import Path

from tests.e2e.processes import world


def test_a_log_that_cannot_be_written_stops_no_answer(tmp_path: Path) -> None:
    """The same disk often holds the log; each line is let go, and all loops live on."""
    with world(tmp_path) as running:
        running.serve.kill()
        running.serve.errors = Path("/dev/full")
        running.serve.start()
        running.ready()

        ticket = running.write("<p>How long does a refund take?</p>")

        assert "done" == running.settled(ticket)["state"]
