"""Iceberg tables that sluice writes, as PyIceberg sees them: rows, history, what is left."""
import pathlib

import duckdb
import pyarrow
from pyiceberg.catalog.sql import SqlCatalog

from support.delta import texts
from support.iceberg import CATALOG, local


class IcebergTarget:
    """A SQL catalog in SQLite with its warehouse beside it. Attribute `uri`: as sluice types it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.database = self.folder / "catalog.db"
        self.warehouse = self.folder / "warehouse"
        self.uri = f"iceberg:sqlite:{self.database}?warehouse={self.warehouse}"

    @property
    def catalog(self):
        return SqlCatalog(CATALOG, uri=f"sqlite:///{self.database}",
                          warehouse=f"file://{self.warehouse}")

    def table(self, name):
        return self.catalog.load_table(name)

    def tables(self):
        if not self.database.exists():
            return []
        catalog = self.catalog
        return sorted(".".join(name) for space in catalog.list_namespaces()
                      for name in catalog.list_tables(space))

    def arrow(self, name, **scan):
        return self.table(name).scan(**scan).to_arrow()

    def texts(self, name, sql="FROM ice", **scan):
        """The rows of a query over the table `ice`, as texts."""
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("ice", self.arrow(name, **scan))
        return texts(connection, sql)

    def operations(self, name):
        """What the snapshots on the way to the newest one did, the oldest first."""
        table = self.table(name)
        out = []
        at = table.current_snapshot()
        while at is not None:
            out.insert(0, at.summary.operation.value)
            at = table.snapshot_by_id(at.parent_snapshot_id) if at.parent_snapshot_id else None
        return out

    def dump(self):
        """Names, columns, partitions and rows of all tables."""
        lines = []
        for name in self.tables():
            table = self.table(name)
            lines.append(f"{name} {table.schema()} {table.spec()} {table.sort_order()}")
            lines += [f"{name} {row}" for row in self.texts(name)]
        return "\n".join(lines)

    def append(self, name, rows):
        table = self.table(name)
        table.append(pyarrow.table(rows).cast(table.schema().as_arrow()))

    def leftovers(self):
        """Files and empty folders of the warehouse that no table names; runs that are not forgotten
        have notes there."""
        named = set()
        for name in self.tables():
            table = self.table(name)
            named.add(str(local(table.metadata_location)))
            named |= {str(local(entry.metadata_file)) for entry in table.metadata.metadata_log}
            for snapshot in table.snapshots():
                named.add(str(local(snapshot.manifest_list)))
                for manifest in snapshot.manifests(table.io):
                    named.add(str(local(manifest.manifest_path)))
                    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                        named.add(str(local(entry.data_file.file_path)))
        if not self.warehouse.exists():
            return []
        return [str(path) for path in self.warehouse.rglob("*")
                if (path.is_file() and str(path) not in named)
                or (path.is_dir() and not any(path.iterdir()))]
