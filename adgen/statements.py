"""SQL that is made once, for what happens with each decision.

The ORM makes the SQL of a query anew each time, and that takes several times as long as running it.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Field, Model, QuerySet


def columns(**rows: type[Model]) -> str:
    """What a statement selects to be read by `read`: all columns of each model, by its alias."""
    return ", ".join(f'{alias}."{field.column}"' for alias, model in rows.items() for field in _fields(model))


def read(sql: str, params: list[Any], *models: type[Model]) -> list[tuple[Any, ...]]:
    """The rows that a statement finds: for each a tuple with an instance of each of `models`.

    It selects the `columns` of these models, in their order.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_instances(iter(row), models) for row in cursor.fetchall()]


def _instances(values: Any, models: tuple[type[Model], ...]) -> tuple[Model, ...]:
    return tuple(_instance(model, list(islice(values, len(_fields(model))))) for model in models)


def _instance(model: type[Model], values: list[Any]) -> Model:
    for place, col, converters in _converted(model, connection.vendor):
        for convert in converters:
            values[place] = convert(values[place], col, connection)
    return model.from_db(connection.alias, [field.attname for field in _fields(model)], values)


def named(name: str, rows: QuerySet[Any, Any]) -> tuple[str, dict[str, Any]]:
    """The SQL of a query set, as a part of a longer statement; its parameters are `name_0`, `name_1` …"""
    sql, values = rows.query.sql_with_params()
    params = {f"{name}_{number}": value for number, value in enumerate(values)}
    return sql % tuple(f"%({key})s" for key in params), params


def insert(row: Model) -> None:
    """Save a new row, and give it its number. What the database refuses raises IntegrityError."""
    fields, sql = _insertion(type(row))
    with connection.cursor() as cursor:
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        cursor.execute(sql, values)
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias


@cache
def _insertion(model: type[Model]) -> tuple[list[Field[Any, Any]], str]:
    fields = [field for field in _fields(model) if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table, pk = model._meta.db_table, model._meta.pk.column
    return fields, f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING {pk}"  # noqa: S608


@cache
def _fields(model: type[Model]) -> tuple[Field[Any, Any], ...]:
    return tuple(model._meta.concrete_fields)


@cache
def _converted(model: type[Model], vendor: str) -> list[tuple[int, Any, list[Any]]]:
    """The places of the columns that this database gives in another form than the model has them in."""
    cols = [field.get_col(model._meta.db_table) for field in _fields(model)]
    converters = [connection.ops.get_db_converters(col) + col.get_db_converters(connection) for col in cols]
    return [(place, cols[place], found) for place, found in enumerate(converters) if found]
