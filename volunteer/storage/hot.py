"""Statements that every page or every sign-up needs: compiled once, run on the driver itself, rows read by name.

The library's own way takes longer than such a statement does: for who asks 55 µs instead of 11. Its types read and
write the values here too, its listeners hear of it, and its errors come out.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import CompoundSelect, Dialect, Select
from sqlalchemy.sql.dml import UpdateBase

from .database import db

T = TypeVar("T")
Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | UpdateBase


class Hot(Generic[T]):
    """A statement with named parameters. make: what a row becomes, of its columns in order."""

    def __init__(self, make: Callable[..., T], statement: Statement) -> None:
        self.make, self.statement = make, statement
        self._forms: dict[str, _Form] = {}

    def first(self, **values: Any) -> T | None:
        """The first row; None without one."""
        return next(self.rows(**values), None)

    def rows(self, **values: Any) -> Iterator[T]:
        """Every row. The parameters are one value each; lists belong into the statement."""
        connection = db.session.connection()
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = _Form(self.statement, connection.dialect, values)
        sql, given = form.sql, form.given(values)
        cursor = connection.connection.cursor()
        try:
            for heard in connection.dispatch.before_cursor_execute:
                heard(connection, cursor, sql, given, None, False)
            cursor.execute(sql, given)
            found = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            connection._handle_dbapi_exception(error, sql, given, cursor, None)
        cursor.close()
        return (self.make(*form.read(row)) for row in found)


class _Form:
    """A statement in one dialect: its text, and how its types write parameters and read columns."""

    def __init__(self, statement: Statement, dialect: Dialect, values: dict[str, Any]) -> None:
        compiled = statement.compile(dialect=dialect)
        if any(compiled.binds[name].expanding for name in values):
            raise TypeError("a list of values belongs into the statement")
        whole = compiled.construct_expanded_state(values)
        self.sql, self._order = whole.statement, whole.positiontup
        types = {name: bound.type.dialect_impl(dialect) for name, bound in compiled.binds.items()}
        known = {name: kind.bind_processor(dialect) for name, kind in types.items()} | dict(whole.processors)
        write = {name: one for name, one in known.items() if one}
        self._write = {name: one for name, one in write.items() if name in values}
        fixed = {name: value for name, value in whole.parameters.items() if name not in values}
        self._fixed = {name: write[name](value) if name in write else value for name, value in fixed.items()}
        columns = enumerate(column.type.dialect_impl(dialect) for column in statement.exported_columns)
        read = [(n, kind.result_processor(dialect, None)) for n, kind in columns]
        self._read = [(n, one) for n, one in read if one]

    def given(self, values: dict[str, Any]) -> Any:
        """What the driver is given."""
        written = {**self._fixed, **values, **{name: one(values[name]) for name, one in self._write.items()}}
        return written if self._order is None else tuple(written[name] for name in self._order)

    def read(self, row: Sequence[Any]) -> Sequence[Any]:
        """The values of a row as the driver hands it over."""
        values = list(row)
        for n, one in self._read:
            values[n] = one(values[n])
        return values
