"""Print the lock lines of one prompt version, to be added to `lock.toml` on its release."""

import sys

from prompts.library import find


def lines(name: str, version: str) -> str:
    """Return the TOML table that locks this version."""
    prompt = find(name, version)
    kept = "\n".join(f'{part} = "{digest}"' for part, digest in prompt.lock.items())
    return f'["{prompt.reference}"]\n{kept}\n'


if __name__ == "__main__":
    sys.stdout.write(lines(*sys.argv[1:3]))
