"""The embedded server's folders: closed to others, and never one that somebody else laid out for us."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from records import embedded


def test_a_folder_is_closed_to_everybody_else(tmp_path: Path) -> None:
    server, folder = embedded.Server(tmp_path / "data"), tmp_path / "run"
    folder.mkdir(mode=0o777)

    server._own(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_laid_out_in_a_folder_of_everybody_is_not_followed(tmp_path: Path) -> None:
    target, trap = tmp_path / "etc", tmp_path / "vigidom-0123"
    target.mkdir(mode=0o755)
    trap.symlink_to(target)

    with pytest.raises(embedded.ServerFailed, match="link or belongs to another"):
        embedded.Server(tmp_path / "data")._own(trap)
    assert target.stat().st_mode & 0o777 == 0o755
    assert target.stat().st_uid == os.geteuid()


def test_the_server_of_an_installation_waits_for_the_disk(tmp_path: Path) -> None:
    waits = {"fsync", "synchronous_commit", "full_page_writes"}

    assert not waits & embedded.Server(tmp_path / "data").settings().keys()
    assert waits <= embedded.Server(tmp_path / "data", durable=False).settings().keys()
