"""Iceberg tables on S3 in a catalog of SQLite here, as PyIceberg reads and writes them."""
from pyiceberg.catalog.sql import SqlCatalog

from support import s3 as servers
from support.s3_lakes import client_of, keys_below


class S3Iceberg:
    """A warehouse in a bucket of its own. Attributes: bucket, database, uri, env."""

    def __init__(self, folder, server):
        self.server = server
        self.bucket = server.new_bucket()
        self.database = folder / "catalog.db"
        self.uri = f"iceberg:sqlite:{self.database}?warehouse=s3://{self.bucket}/w"
        self.env = server.environment()

    @property
    def catalog(self):
        return SqlCatalog(
            "sluice", uri=f"sqlite:///{self.database}", warehouse=f"s3://{self.bucket}/w", **{
                "s3.endpoint": self.server.endpoint, "s3.access-key-id": servers.KEY_ID,
                "s3.secret-access-key": servers.SECRET, "s3.region": servers.REGION})

    def make(self, name, rows):
        """A table, with a snapshot for each of the Arrow tables."""
        catalog = self.catalog
        catalog.create_namespace_if_not_exists(name.split(".")[0])
        table = catalog.create_table(name, rows[0].schema)
        for part in rows:
            table.append(part)
        return table

    def names(self):
        if not self.database.exists():
            return []
        catalog = self.catalog
        return sorted(".".join(name) for space in catalog.list_namespaces()
                      for name in catalog.list_tables(space))

    def rows(self, name, snapshot=None):
        found = self.catalog.load_table(name).scan(snapshot_id=snapshot).to_arrow()
        return sorted(zip(*[column.to_pylist() for column in found.columns]), key=str)

    def history(self, name):
        """The rows at each snapshot."""
        return {one.snapshot_id: self.rows(name, one.snapshot_id)
                for one in self.catalog.load_table(name).metadata.snapshots}

    def keys(self):
        return keys_below(self.server, self.bucket)

    def named(self):
        """The keys that the tables' metadata names, now or in its log."""
        out = set()
        for name in self.names():
            table = self.catalog.load_table(name)
            out.add(table.metadata_location)
            out |= {entry.metadata_file for entry in table.metadata.metadata_log}
            for snapshot in table.snapshots():
                out.add(snapshot.manifest_list)
                for manifest in snapshot.manifests(table.io):
                    out.add(manifest.manifest_path)
                    out |= {entry.data_file.file_path for entry in
                            manifest.fetch_manifest_entry(table.io, discard_deleted=False)}
        return {address.removeprefix(f"s3://{self.bucket}/") for address in out}

    def client(self):
        return client_of(self.server)
