"""Every test can fail: one that asserts nothing protects nothing."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent
CLAIMS = ("assert", "raises", "warns", "check", "expect", "verify", "run_state_machine", "fail")


def _claims(test: ast.AST) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call) and any(word in ast.dump(node.func) for word in CLAIMS):
            return True
    return False


def test_every_test_asserts_something() -> None:
    """A test without a claim stays green whatever breaks."""
    silent = [
        f"{path.relative_to(TESTS)}:{node.lineno} {node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not _claims(node)
    ]

    assert [] == silent


def test_every_test_says_why_anyone_cares() -> None:
    """A failing test must tell a stranger what is at stake."""
    silent = [
        f"{path.relative_to(TESTS)}:{node.lineno} {node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert [] == silent
