"""The suite has two lengths, and continuous integration runs the long one."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def slow(request):
    plugins = request.config.pluginmanager.get_plugins()
    return next(plugin.SLOW for plugin in plugins if getattr(plugin, "__file__", "") == str(ROOT / "tests" / "conftest.py"))


def test_what_is_slow_is_there(slow):
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    assert [start for start in slow if not any(file.startswith(start) for file in files)] == []


def test_continuous_integration_leaves_nothing_out():
    assert "python3 -m pytest --slow\n" in (ROOT / ".ci" / "run").read_text("utf-8")
