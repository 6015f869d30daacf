"""A real REST catalog of its own for tests (Nessie), its tables in a bucket of the tests' S3.

Standard library only, because with_postgres.py runs it outside the tests' Python environment.
"""
import urllib.error
import urllib.request

from support import java, s3
from support.postgres import free_port

JAVA_MIN = 21
WAREHOUSE = "shop"


class Nessie(java.JavaServer):
    """Attributes: uri (of the Iceberg end point), warehouse, bucket, folder, process."""

    name = "nessie"
    start_seconds = 120
    warehouse = WAREHOUSE

    def __init__(self, s3_server):
        self.java = java.newest_java(JAVA_MIN, "Nessie")
        self.jar = java.installed("nessie") / "nessie.jar"
        self.s3 = s3_server
        self.bucket = s3_server.new_bucket()
        self.port = free_port()
        super().__init__()

    @property
    def uri(self):
        return f"http://{self.host}:{self.port}/iceberg"

    def command(self):
        settings = {
            "quarkus.http.host": self.host,
            "quarkus.http.port": self.port,
            "quarkus.management.host": self.host,
            "quarkus.management.port": 0,
            "nessie.version.store.type": "IN_MEMORY",
            "nessie.catalog.default-warehouse": WAREHOUSE,
            f"nessie.catalog.warehouses.{WAREHOUSE}.location": f"s3://{self.bucket}/nessie",
            "nessie.catalog.service.s3.default-options.endpoint": self.s3.endpoint,
            "nessie.catalog.service.s3.default-options.region": s3.REGION,
            "nessie.catalog.service.s3.default-options.path-style-access": "true",
            "nessie.catalog.service.s3.default-options.access-key":
                "urn:nessie-secret:quarkus:sluice.s3",
            "sluice.s3.name": s3.KEY_ID,
            "sluice.s3.secret": s3.SECRET,
        }
        defines = [f"-D{name}={value}" for name, value in settings.items()]
        return [f"{self.java}/bin/java", "-Xmx512m", *defines, "-jar", str(self.jar)]

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.uri}/v1/config", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
