"""The README names every setting and every command, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from webapp import cli, config

README = (config.CHECKOUT / "README.md").read_text()


def commands(group: click.Group, prefix: str = "vigidom") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


@pytest.mark.parametrize("setting", sorted(config.SETTINGS))
def test_every_setting_is_documented(setting: str) -> None:
    assert f"`{setting}`" in README


def test_every_setting_that_is_documented_exists() -> None:
    named = set(re.findall(r"`((?:VIGIDOM|TWILIO)_[A-Z_]+|(?:MIGRATION_)?DATABASE_URL)`", README))
    assert named == set(config.SETTINGS)


def test_every_command_is_documented_and_nothing_else() -> None:
    named = set(re.findall(r"^\| `(vigidom [^`]+)` \|", README, re.MULTILINE))
    assert named == set(commands(cli.vigidom))


def test_every_setting_that_the_code_reads_is_declared() -> None:
    source = (config.CHECKOUT / "webapp" / "config.py").read_text()
    read = set(re.findall(r'get\("([A-Z_]+)"\)', source))
    assert read == set(config.SETTINGS)


def test_what_make_test_leaves_out_has_a_target_of_its_own_that_a_change_must_pass() -> None:
    makefile, required = ((config.CHECKOUT / name).read_text() for name in ("Makefile", ".ci/run"))
    left_out = re.findall(r"not (\w+)", re.search(r"^test:.*\n(.*)", makefile, re.M)[1])

    assert left_out == ["walk", "drill"]
    for kind in left_out:
        assert re.search(rf"^{kind}s:.*\n.* -m {kind}\b", makefile, re.M)
        assert f"make {kind}s\n" in required
