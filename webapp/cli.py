"""The command line: `vigidom --help` lists what it can do."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import flask_migrate
from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError

from records import audit, audit_check, clock, crypto, embedded, programmes, refusals, staff, texts
from records.db import db
from records.models import Role
from webapp import config, create_app, database, firstrun, logs, supervisor
from webapp.adherence_command import adherence_command
from webapp.assessment_command import assessment_commands
from webapp.commanding import application
from webapp.outcome_commands import outcome_commands
from webapp.programme_commands import programme_commands
from webapp.protocol_commands import protocol_commands
from webapp.questionnaire_commands import questionnaire_commands, response_commands
from webapp.replay_command import replay_command

ENGLISH = texts.translator("en")
ROLES = click.Choice([role.value for role in Role])


@click.group()
def vigidom() -> None:
    """Remote home-monitoring of patients."""
    logs.configure()


@vigidom.command()
def run() -> None:
    """Start everything: database, web and worker, until Ctrl-C."""
    settings, stop = config.read(), threading.Event()
    if os.environ.get("VIGIDOM_FOREGROUND") == "1":  # started by make: a killed make must not leave us on the port
        embedded.follow_parent(signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    supervisor.check_port(settings.host, settings.port, patience=supervisor.PORT_FREE_WITHIN_SECONDS)
    with database.reachable(settings) as server:
        app = create_app(settings)
        with app.app_context():
            firstrun.prepare(settings, stop)
            if stop.is_set():
                return
            where = firstrun.where(settings)
            db.session.remove()
            db.engine.dispose()
        processes = [*([supervisor.Database(server)] if server else []), *supervisor.children(settings)]
        supervisor.run(processes, stop, settings=settings, when_up=lambda: click.echo(where))
    click.echo("Vigidom has stopped.")


@vigidom.command()
def worker() -> None:
    """Run the worker alone (one or several, on any machine)."""
    from webapp import worker as process

    process.run(create_app(pool_size=10))  # a replay keeps two for minutes


@vigidom.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    with application():
        flask_migrate.upgrade()
    click.echo("The database is up to date.")


@vigidom.command("check-migrations")
def check_migrations() -> None:
    """Fail when the models and the migrations differ."""
    with application():
        flask_migrate.upgrade()
        flask_migrate.check()


@vigidom.group("staff")
def staff_commands() -> None:
    """People of the centre."""


@staff_commands.command("invite")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=ROLES, required=True)
@click.option("--team", "team_names", multiple=True, help="Name of a team; may be repeated.")
@click.option("--language", type=click.Choice(list(texts.LANGUAGES)), default=texts.DEFAULT)
def invite(email: str, name: str, role: str, team_names: tuple[str, ...], language: str) -> None:
    """Invite one person; prints the one-time link by which they choose a password."""
    with application() as app:
        now = clock.now()
        found = [firstrun.team_named(db.session, team, now) for team in team_names]
        person, token = staff.invite(
            db.session,
            email=email,
            name=name,
            role=Role(role),
            teams=found,
            language=language,
            actor=audit.SYSTEM,
            now=now,
        )
        db.session.commit()
        settings = app.config["VIGIDOM"]
        click.echo(f"{person.name} ({person.role}): {settings.public_url}/{language}/staff/set-up/{token}")
        click.echo(f"The link works once, until {now + timedelta(hours=72):%Y-%m-%d %H:%M} UTC.")


@vigidom.group("audit")
def audit_commands() -> None:
    """The audit trail."""


@audit_commands.command("verify")
def verify() -> None:
    """Walk every chain; exit 1 when a row was changed, removed or reordered."""
    with application():
        result = audit_check.verify(db.session)
    click.echo(f"{result.entries} entries in {result.chains} chains")
    for problem in result.problems:
        click.echo(f"{problem.subject[0]} {problem.subject[1]}, entry {problem.number}: {problem.what.text(ENGLISH)}")
    if result.problems:
        sys.exit(1)
    click.echo("The chains are whole.")


@vigidom.group("keys")
def key_commands() -> None:
    """Master keys."""


@key_commands.command("generate")
@click.argument("path", type=click.Path(path_type=Path))
def generate(path: Path) -> None:
    """Make a master key file for production; keep a copy apart from the database's backups."""
    try:
        crypto.generate_key_file(path, demonstration=False)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already; it was not touched") from None
    click.echo(f"{path}: set VIGIDOM_KEY_FILE to it. Without this file no identity can be read again.")


@vigidom.command("load-programme")
def load_programme() -> None:
    """Load the COVID-19 programme, its questionnaire and its unsigned protocol."""
    with application():
        programme = firstrun.load_programme(db.session, clock.now())
        db.session.commit()
        click.echo(f"Programme {programme.slug} is loaded; a physician must sign its protocol before real patients.")


@vigidom.command()
@click.option("--patients", type=click.IntRange(1, 5000), default=40, show_default=True)
@click.option("--days", type=click.IntRange(1, 60), default=4, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--programme", "slug", default=programmes.COVID_19, show_default=True)
@click.option("--live", "hours", type=click.IntRange(1, 48), help="Go on for so many hours, to be looked at on pages.")
@click.option("--speed", type=click.FloatRange(1, 600), default=60, show_default=True, help="How fast they pass.")
@click.option("--callers", type=click.IntRange(0, 500), help="How many invented callers work on, beside you.")
@click.option("--begin", type=click.DateTime(["%H:%M"]), help="The hour of today (UTC) at which they begin; else now.")
def rehearse(
    patients: int,
    days: int,
    seed: int,
    slug: str,
    hours: int | None,
    speed: float,
    callers: int | None,
    begin: datetime | None,
) -> None:
    """Let synthetic patients live through the real services on a moving clock; prints what happened."""
    from webapp import rehearsal

    with application() as app:
        flask_migrate.upgrade()
        firstrun.load_programme(db.session, clock.now(), slug)
        db.session.commit()
        kept = {"patients": patients, "days": days, "seed": seed, "slug": slug}
        if hours is not None:
            now = clock.now()
            starts_at = datetime.combine(now, begin.time(), UTC) if begin else now
            live = {"hours": hours, "speed": speed, "callers": callers, "starts_at": starts_at}
            rehearsal.look_on(app, app.config["VIGIDOM"], **live, **kept)
            return
        table = rehearsal.rehearse(db.session, app.config["VIGIDOM"], **kept, ends_at=clock.now())
        click.echo(table.as_text())


vigidom.add_command(adherence_command)
vigidom.add_command(assessment_commands)
vigidom.add_command(outcome_commands)
vigidom.add_command(programme_commands)
protocol_commands.add_command(replay_command)
vigidom.add_command(protocol_commands)
vigidom.add_command(questionnaire_commands)
vigidom.add_command(response_commands)

UNFIT = (config.BadSetting, embedded.ServerFailed, crypto.KeyMissing, supervisor.PortTaken)


def main() -> None:
    """Run a command; what people can mend is said in a sentence, without a trace."""
    try:
        vigidom(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except UNFIT as error:
        _refuse(str(error))
    except refusals.Refused as error:
        _refuse(error.text(ENGLISH))
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise
        _refuse("the database is not of this version: run `vigidom migrate` first")
    except OperationalError as error:
        _refuse(f"the database does not answer ({str(error.orig).strip().splitlines()[0]}): check DATABASE_URL")
    except refusals.FieldErrors as error:
        _refuse("; ".join(f"{field}: {sentence}" for field, sentence in error.texts(ENGLISH).items()))


def _refuse(sentence: str) -> None:
    click.echo(f"vigidom: {sentence}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
