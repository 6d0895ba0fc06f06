"""Structured lines on standard error: ids, states and counts, never customer text."""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog


def unfailing() -> contextlib.redirect_stderr[TextIO]:
    """For a block, let no line on standard error fail: not ours, and no library's."""
    return contextlib.redirect_stderr(cast("TextIO", _Unfailing(sys.stderr)))


class _Unfailing:
    """A stream whose failure is nobody's: where a full disk takes no line, the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, line: str) -> int:
        """Write if it can be written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line)
        return len(line)

    def flush(self) -> None:
        """Pass on what was written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def configure(level: int = logging.INFO) -> None:
    """Send our log lines as JSON to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
