"""`vigidom run` with real processes: what is killed comes back, what is stopped leaves nothing, data stay."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from records import clock
from tests.running import CHECKOUT, Process, Service, installation, until
from webapp import supervisor

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def installed() -> Iterator[Service]:
    with installation() as service:
        yield service


@pytest.fixture
def service(installed: Service) -> Service:
    """A running service; the one of the test before where that left one."""
    if not installed.is_running:
        installed.start()
    return installed


def last_beat(service: Service) -> datetime | None:
    return service.rows("SELECT max(beat_at) FROM heartbeats")[0][0]


def teams(service: Service) -> list[tuple]:
    return service.rows("SELECT id, name, created_at FROM teams ORDER BY id")


def web(service: Service) -> list[Process]:
    """The server and the process that answers, the server first."""
    return until(lambda: found if len(found := service.processes("granian")) == 2 else [], "two web processes")


@pytest.mark.parametrize("which", [0, 1], ids=["server", "process of the server"])
def test_a_killed_web_process_is_started_again(service: Service, which: int) -> None:
    before = web(service)[which]
    before.kill()

    until(lambda: not before.is_alive, "it is dead")
    web(service)
    until(service.answers, "the service answers")


def test_a_killed_worker_is_started_again_and_works(service: Service) -> None:
    [before] = service.processes("webapp.cli worker")
    before.kill()

    until(lambda: set(service.processes("webapp.cli worker")) - {before}, "another takes its place")
    started = clock.now()
    until(lambda: (last_beat(service) or started) > started, "it beats")


def test_a_killed_database_is_started_again_with_its_data(service: Service) -> None:
    kept = teams(service)
    [before] = service.processes("bin/postgres -D")
    before.kill()

    until(lambda: set(service.processes("bin/postgres -D")) - {before}, "another takes its place")
    until(service.answers, "the service answers")
    assert teams(service) == kept
    assert service.is_running


def test_what_is_left_of_a_killed_parent_ends_and_the_next_start_finds_the_data(service: Service) -> None:
    web(service)
    kept, left = teams(service), service.processes()
    assert kept
    service.process.kill()
    service.process.wait()

    service.start()

    assert not [one for one in left if one.is_alive]
    assert teams(service) == kept


def test_asked_to_end_everything_ends_and_the_port_is_free(service: Service) -> None:
    left = service.processes()

    code = service.end(signal.SIGTERM)

    assert code == 0
    assert service.output.endswith("Vigidom has stopped.\n")
    assert not [one for one in left if one.is_alive]
    supervisor.check_port("127.0.0.1", service.port)


@pytest.mark.parametrize(
    ("lived", "waits"), [(1, 30), (supervisor.STEADY_SECONDS + 1, 1)], ids=["soon", "after a while"]
)
def test_who_ends_soon_waits_longer_each_time_and_who_ran_well_is_replaced_at_once(lived: int, waits: int) -> None:
    child = supervisor.Child("ends", ["/bin/true"], {})
    child.start()
    assert child.process is not None
    child.process.wait()
    child.deaths, child.started_at = 4, child.started_at - lived

    asked_at = time.monotonic()
    child.watch()

    assert child.process is None
    assert 0 < child.restart_at - asked_at - (waits - 1) < 1.5


def test_a_web_process_whose_server_died_before_it_was_ready_dies_too(service: Service) -> None:
    """Its parent is then no child of the supervisor that it was started under."""
    environment = service.environment | {"VIGIDOM_SUPERVISED": str(service.process.pid)}
    line = [sys.executable, "-c", "import webapp.wsgi"]

    orphan = subprocess.run(line, cwd=CHECKOUT, env=environment, timeout=60, check=False)

    assert orphan.returncode == -signal.SIGKILL


def test_a_taken_port_is_refused_with_the_setting_to_change(tmp_path_factory: pytest.TempPathFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = Service(tmp_path_factory.mktemp("taken"), port=taken.getsockname()[1])
        refused = service.command("run")

    assert refused.returncode == 2
    assert f"127.0.0.1:{service.port} cannot be used" in refused.stderr
    assert "set VIGIDOM_PORT" in refused.stderr
    assert not service.data.exists()
