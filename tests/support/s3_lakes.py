"""Lakes whose files are on S3, judged by DuckDB's extensions over httpfs and by boto3."""
import boto3

from support import s3 as servers
from support.judge import EXTENSIONS
from support.lakes import Lake

# What the tests of lakes on S3 move.
ORDERS = ("CREATE TABLE orders AS SELECT i AS id, 'name ' || i AS name, CASE WHEN i % 7 = 0 "
          "THEN NULL ELSE i / 4 END AS price, DATE '2024-01-01' + CAST(i % 3 AS INTEGER) AS day "
          "FROM range(1000) t(i)")


def client_of(server):
    return boto3.client(
        "s3", endpoint_url=server.endpoint, region_name=servers.REGION,
        aws_access_key_id=servers.KEY_ID, aws_secret_access_key=servers.SECRET
    )


def open_s3(connection, server):
    """Lets a judge's connection reach the server; keys are taken as they are."""
    connection.execute(f"LOAD '{EXTENSIONS / 'httpfs'}.duckdb_extension'")
    connection.execute("SET GLOBAL s3_url_compatibility_mode = true")
    connection.execute(
        f"CREATE OR REPLACE SECRET s3_server (TYPE s3, KEY_ID '{servers.KEY_ID}', "
        f"SECRET '{servers.SECRET}', REGION '{servers.REGION}', "
        f"ENDPOINT '{server.host}:{server.port}', URL_STYLE 'path', USE_SSL false)")
    return connection


def keys_below(server, bucket, prefix=""):
    """The keys of a bucket, as boto3 lists them."""
    pages = client_of(server).get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix)
    return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))


class S3Lake(Lake):
    """A DuckLake with its files in a bucket of its own. Attributes: bucket, prefix, env."""

    def __init__(self, folder, kind, postgres, server, prefix="my lake/100%25 ü"):
        super().__init__(folder, kind, postgres)
        self.server = server
        self.bucket = server.new_bucket()
        self.prefix = prefix
        self.data = f"s3://{self.bucket}/{prefix}"
        mark = "&" if "?" in self.uri else "?"
        written = self.data.replace("%", "%25")  # a location's escapes are decoded
        self.uri += f"{mark}data_path={written}&endpoint={server.endpoint}"
        self.env = {name: value for name, value in server.environment().items()
                    if name != "AWS_ENDPOINT_URL_S3"}

    def _prepare(self, connection):
        return open_s3(connection, self.server)

    def keys(self, below=""):
        return [key[len(self.prefix) + 1:]
                for key in keys_below(self.server, self.bucket, f"{self.prefix}/{below}")]
