"""A real Trino of its own for tests, started once a session: catalogs are made and dropped by SQL.

    catalog = trino.new_catalog(jdbc_catalog(database, "sluice", "/folder"))
    trino.rows(f"SELECT count(*) FROM {catalog}.shop.orders")     # [[3]]
"""
import json
import time
import urllib.error
import urllib.request
import uuid

from support import java
from support.postgres import free_port

JAVA_MIN = 24
HEAP = "2G"
USER = "tests"
POLL_SECONDS = 0.02
JVM = [
    f"-Xmx{HEAP}", "-XX:+UseG1GC", "-Dfile.encoding=UTF-8", "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000", "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED",
    "--add-modules=jdk.incubator.vector",
]


class TrinoError(Exception):
    """Trino refused a statement; `name` is its own code, as SYNTAX_ERROR."""

    def __init__(self, error):
        super().__init__(f"{error.get('errorName')}: {error.get('message')}")
        self.name = error.get("errorName")


def local_files():
    """Settings of a catalog whose tables are on this machine."""
    return {"fs.native-local.enabled": "true", "local.location": "/"}


def s3_files(server, region="us-east-1"):
    """Settings of a catalog whose tables are on the tests' S3."""
    variables = server.environment()
    return {
        "fs.native-s3.enabled": "true",
        "s3.endpoint": server.endpoint,
        "s3.region": region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": variables["AWS_ACCESS_KEY_ID"],
        "s3.aws-secret-key": variables["AWS_SECRET_ACCESS_KEY"],
    }


def jdbc_catalog(server, database, name, warehouse):
    """Settings of an Iceberg catalog in a PostgreSQL database, by the name of its rows."""
    return {
        "iceberg.catalog.type": "jdbc",
        "iceberg.jdbc-catalog.driver-class": "org.postgresql.Driver",
        "iceberg.jdbc-catalog.connection-url":
            f"jdbc:postgresql://{server.host}:{server.port}/{database}",
        "iceberg.jdbc-catalog.connection-user": "postgres",
        "iceberg.jdbc-catalog.connection-password": "unused",
        "iceberg.jdbc-catalog.schema-version": "V1",
        "iceberg.jdbc-catalog.catalog-name": name,
        "iceberg.jdbc-catalog.default-warehouse-dir": warehouse,
    }


def rest_catalog(server):
    """Settings of an Iceberg catalog behind REST (support/nessie.py)."""
    return {
        "iceberg.catalog.type": "rest",
        "iceberg.rest-catalog.uri": server.uri,
        "iceberg.rest-catalog.warehouse": server.warehouse,
    }


class Trino(java.JavaServer):
    """Attributes: url, folder, process."""

    name = "trino"
    start_seconds = 180

    def __init__(self):
        self.java = java.newest_java(JAVA_MIN, "Trino")
        self.home = java.installed("trino")
        self.port = free_port()
        super().__init__()

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def command(self):
        config = {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": self.port,
            "discovery.uri": self.url,
            "catalog.management": "dynamic",
            "catalog.store": "memory",
            "plugin.dir": self.home / "plugin",
            "query.max-memory-per-node": "600MB",
        }
        node = {
            "node.environment": "tests",
            "node.id": uuid.uuid4().hex,
            # The default binds every address of the machine.
            "node.bind-ip": self.host,
            "node.internal-address": self.host,
        }
        self._write("config.properties", {**config, **node})
        self._write("log.properties", {"io.trino": "WARN", "io.airlift": "WARN"})
        return [
            f"{self.java}/bin/java", *JVM, f"-Dconfig={self.folder}/config.properties",
            f"-Dlog.levels-file={self.folder}/log.properties",
            "-cp", f"{self.home}/lib/*", "io.trino.server.TrinoServer"
        ]

    def _write(self, name, settings):
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.folder / name).write_text(text)

    def answers(self):
        try:
            return not self._request(f"{self.url}/v1/info")["starting"]
        except (urllib.error.URLError, OSError):
            return False

    def _request(self, url, body=None):
        headers = {"X-Trino-User": USER, "X-Trino-Time-Zone": "UTC"}
        data = None if body is None else body.encode()
        request = urllib.request.Request(url, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def rows(self, sql):
        """Runs a statement and returns its rows, each a list; decimals and times come as text."""
        answer = self._request(f"{self.url}/v1/statement", sql)
        rows = []
        while True:
            if "error" in answer:
                raise TrinoError(answer["error"])
            rows += answer.get("data", [])
            if "nextUri" not in answer:
                return rows
            if "data" not in answer:
                time.sleep(POLL_SECONDS)
            answer = self._request(answer["nextUri"])

    def new_catalog(self, settings, connector="iceberg"):
        """Makes a catalog and returns its name."""
        name = f"c{uuid.uuid4().hex[:12]}"
        pairs = ", ".join('"{}" = \'{}\''.format(key, value) for key, value in settings.items())
        self.rows(f"CREATE CATALOG {name} USING {connector} WITH ({pairs})")
        return name
