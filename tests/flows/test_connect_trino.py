"""`sluice connect` for Trino and what reads through it: what it prints is what Trino takes."""
import re

import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from support import trino as engines
from support.s3 import SECRET as S3_SECRET

TOKEN = "Tk8-unprintable-Cv2"


def settings_of(text, variables):
    """A catalog file as settings of CREATE CATALOG, variables filled in."""
    pairs = dict(line.split("=", 1) for line in text.splitlines())
    assert pairs.pop("connector.name") == "iceberg"
    return {key: re.sub(r"\$\{ENV:(\w+)\}", lambda found: variables[found.group(1)], value)
            for key, value in pairs.items()}


@pytest.fixture
def lake(postgres, s3):
    """(location, environment) of a catalog in PostgreSQL with one table on S3."""
    database = postgres.new_database()
    warehouse = f"s3://{s3.new_bucket()}/w"
    variables = s3.environment()
    catalog = load_catalog(
        "sluice", type="sql", uri=database.uri.replace("postgres://", "postgresql+psycopg2://"),
        warehouse=warehouse, **{
            "s3.endpoint": s3.endpoint, "s3.region": variables["AWS_REGION"],
            "s3.access-key-id": variables["AWS_ACCESS_KEY_ID"],
            "s3.secret-access-key": variables["AWS_SECRET_ACCESS_KEY"],
        }
    )
    catalog.create_namespace("marts")
    catalog.create_table("marts.orders", Schema(NestedField(1, "id", LongType())))
    return f"iceberg:{database.uri}?warehouse={warehouse}", variables


def test_trino_takes_the_catalog_file_and_is_asked(sluice, trino, lake):
    location, variables = lake
    told = sluice.run("connect", "trino", location, "--json", env=variables, check_code=0).json
    assert told["tables"] == 1
    assert told["checked_by"] == "sluice opened it"
    file = told["settings"][0]
    assert file["name"] == "etc/catalog/sluice.properties"
    assert S3_SECRET not in str(told)
    name = trino.new_catalog(settings_of(file["value"], {**variables, "PGPASSWORD": "unused"}))
    asked = sluice.run("connect", "trino", location, "--url", trino.url, "--catalog", name,
                       "--json", env=variables, check_code=0).json
    assert asked["tables"] == 1
    assert asked["checked_by"] == f"Trino 476 at {trino.url} answered"
    missing = sluice.run("connect", "trino", location, "--url", trino.url, "--catalog", "nowhere",
                         env=variables, check_code=3)
    assert "--catalog" in missing.stderr


def test_dbt_and_superset_go_through_trino_and_spark_does_not(sluice, lake):
    location, variables = lake
    url = ["--url", "http://127.0.0.1:1"]
    profile = sluice.run("connect", "dbt", location, env=variables, check_code=0).stdout
    assert "type: trino" in profile and "database: sluice" in profile
    uri = sluice.run("connect", "superset", location, env=variables, check_code=0).stdout
    assert "trino://superset@localhost:8080/sluice" in uri
    spark = sluice.run("connect", "spark", location, env=variables, check_code=0).stdout
    assert "spark.sql.catalog.sluice.type jdbc" in spark
    assert S3_SECRET not in spark + uri + profile
    sluice.run("connect", "dbt", location, *url, env=variables, check_code=3)
    sluice.run("connect", "grafana", location, env=variables, check_code=2)


def test_a_rest_catalog_is_named_without_its_token(sluice, nessie, s3):
    location = f"iceberg:rest:{nessie.uri}?warehouse={nessie.warehouse}"
    variables = {**s3.environment(), "SLUICE_ICEBERG_TOKEN": TOKEN}
    done = sluice.run("connect", "trino", location, env=variables, check_code=0)
    assert f"iceberg.rest-catalog.uri={nessie.uri}" in done.stdout
    assert "oauth2.token=${ENV:SLUICE_ICEBERG_TOKEN}" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_trino_cannot_read_a_catalog_in_sqlite(sluice, tmp_path):
    load_catalog("sluice", type="sql", uri=f"sqlite:///{tmp_path}/c.db", warehouse=str(tmp_path))
    location = f"iceberg:sqlite:{tmp_path}/c.db"
    assert "SQLite" in sluice.run("connect", "trino", location, check_code=10).stderr
    spark = sluice.run("connect", "spark", location, check_code=0).stdout
    assert f"jdbc:sqlite:{tmp_path}/c.db" in spark
