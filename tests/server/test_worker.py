"""More workers need Postgres."""

import os
import subprocess
from pathlib import Path

from tests.e2e.processes import DESKHAND


def test_a_worker_on_sqlite_is_refused_with_the_fix(tmp_path: Path) -> None:
    """Who tries it must learn why it cannot work, and what does."""
    environment = {
        "PATH": os.environ["PATH"],
        "DESKHAND_HOME": str(tmp_path),
        "DESKHAND_FRESHDESK_DOMAIN": "http://127.0.0.1:1",
        "DESKHAND_FRESHDESK_API_KEY": "key",
    }

    done = subprocess.run(
        [DESKHAND, "worker"], env=environment, capture_output=True, text=True, check=False
    )

    assert 2 == done.returncode
    assert [] == [w for w in ("needs Postgres", "one process", "URL=") if w not in done.stderr]
