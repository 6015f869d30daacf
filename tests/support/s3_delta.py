"""Delta tables on S3, judged by delta-rs with storage options and by DuckDB's extension."""
import deltalake

from support import s3 as servers
from support.judge import open_judge
from support.s3_lakes import client_of, keys_below, open_s3


class S3Delta:
    """A place for tables in a bucket of its own. Attributes: bucket, prefix, uri, env, options."""

    def __init__(self, server, prefix="tables"):
        self.server = server
        self.bucket = server.new_bucket()
        self.prefix = prefix
        self.root = f"s3://{self.bucket}/{prefix}"
        self.uri = f"delta:{self.root}?endpoint={server.endpoint}"
        self.env = {name: value for name, value in server.environment().items()
                    if name != "AWS_ENDPOINT_URL_S3"}
        self.options = {
            "aws_access_key_id": servers.KEY_ID, "aws_secret_access_key": servers.SECRET,
            "aws_region": servers.REGION, "aws_endpoint": server.endpoint,
            "aws_allow_http": "true", "aws_conditional_put": "etag",
        }

    def one(self, name):
        """sluice's location of one table."""
        return f"delta:{self.root}/{name}?endpoint={self.server.endpoint}"

    def table(self, name, version=None):
        return deltalake.DeltaTable(f"{self.root}/{name}", version=version,
                                    storage_options=self.options)

    def write(self, name, data, **more):
        deltalake.write_deltalake(f"{self.root}/{name}", data, storage_options=self.options, **more)

    def rows(self, name, version=None):
        """Rows as delta-rs reads them, each cell as text."""
        found = self.table(name, version).to_pyarrow_table()
        with open_judge() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            rows = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM found").fetchall()
        return sorted(rows, key=str)

    def scanned(self, name):
        """The same by DuckDB's extension."""
        with open_judge("delta") as connection:
            open_s3(connection, self.server)
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"CREATE TEMP TABLE found AS FROM delta_scan('{self.root}/{name}')")
            return sorted(connection.execute("SELECT COLUMNS(*)::VARCHAR FROM found").fetchall(),
                          key=str)

    def keys(self, below=""):
        prefix = f"{self.prefix}/{below}" if self.prefix else below
        return [key[len(self.prefix) + 1:] for key in keys_below(self.server, self.bucket, prefix)]

    def put(self, key, body):
        client_of(self.server).put_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}", Body=body)

    def read(self, key):
        found = client_of(self.server).get_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")
        return found["Body"].read().decode("utf-8")

    def delete(self, key):
        client_of(self.server).delete_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")

    def upload(self, folder, name):
        """Puts all files of a folder there as table `name`."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
