"""The one database: the declarative base, the column types every model uses, and Flask-SQLAlchemy's handle."""

from __future__ import annotations

import select
import uuid
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, Identity, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from records.crypto import Sealed


class Instant(TypeDecorator[datetime]):
    """A moment, always aware and always UTC; a naive datetime is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone: build it with records.clock")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class SealedText(TypeDecorator[Sealed]):
    """Ciphertext. Accepts only what `records.crypto` sealed, so that plain text cannot be written by mistake."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("this column holds ciphertext: seal the value with records.crypto first")
        return bytes(value) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return Sealed(bytes(value)) if value is not None else None


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: Instant,
        date: Date,
        str: Text,
        uuid.UUID: Uuid,
        int: BigInteger,
        Sealed: SealedText,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
PublicId = Annotated[uuid.UUID, mapped_column(Uuid, unique=True, default=uuid.uuid4)]


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A check that `column` holds one of the codes of `values`."""
    codes = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({codes})", name=f"{column}_known")


def write_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _still_there(connection: psycopg.Connection[Any], _record: object, _lent: object) -> None:
    """Lend no connection whose server went away; the pool makes another. Costs no round trip while all is well.

    An idle server says nothing: what can be read from the socket is its farewell, the end of the stream, or a notice.
    """
    try:
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        if line.poll(0):
            connection.execute("")
            connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error


def engine_options(*, pool_size: int = 4, application_name: str = "vigidom") -> dict[str, Any]:
    """Options for every engine: bounded waits, prepared statements, orjson for JSONB, no values in error texts."""
    return {
        "pool_size": pool_size,
        "max_overflow": 2,
        "pool_timeout": 10,
        "pool_events": [(_still_there, "checkout")],
        "hide_parameters": True,
        "json_serializer": write_json,
        "json_deserializer": orjson.loads,
        "connect_args": {
            "connect_timeout": 5,
            "application_name": application_name,
            "prepare_threshold": 3,
            "keepalives_idle": 30,
            "tcp_user_timeout": 30_000,
            "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c timezone=UTC"
            " -c idle_in_transaction_session_timeout=60000",
        },
    }


db = SQLAlchemy(metadata=Base.metadata)
