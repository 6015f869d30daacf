"""Makes the Iceberg and Delta tables that only Spark writes, and what Spark itself reads of them.

    python3 -m venv v && v/bin/pip install 'pyspark==4.1.*'
    JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64 v/bin/python tests/spark/make_tables.py

Needs Java 17 and Maven Central. tables.tar.gz beside it is made of them: metadata of Iceberg has
whole paths, so they are unpacked in the place where they were made (support/spark.py).
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile

from pyspark.sql import SparkSession

PLACE = pathlib.Path("/tmp/sluice-spark-tables")
ARCHIVE = pathlib.Path(__file__).with_name("tables.tar.gz")
PACKAGES = [
    "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0",
    "io.delta:delta-spark_4.1_2.13:4.4.0", "io.delta:delta-storage:4.4.0",
]
MERGE_ON_READ = ", ".join(f"'write.{what}.mode' = 'merge-on-read'"
                          for what in ("delete", "update", "merge"))

ICEBERG = {
    "merge_on_read": [
        "CREATE TABLE T (id BIGINT, name STRING, at TIMESTAMP, price DECIMAL(9, 2)) USING iceberg "
        f"PARTITIONED BY (bucket(2, id)) TBLPROPERTIES ('format-version' = '2', {MERGE_ON_READ})",
        "INSERT INTO T SELECT id, concat('n', id), "
        "timestamp_micros(id * 86400000001 - 864000000000), "
        "cast(id - 10.25 AS DECIMAL(9, 2)) FROM range(0, 20, 1, 1)",
        "DELETE FROM T WHERE id % 5 = 0",
        "UPDATE T SET name = 'changed' WHERE id IN (3, 4)",
        "MERGE INTO T USING (SELECT id, 'merged' AS name FROM range(18, 22)) s ON T.id = s.id "
        "WHEN MATCHED THEN UPDATE SET name = s.name "
        "WHEN NOT MATCHED THEN INSERT (id, name, at, price) VALUES (s.id, s.name, NULL, NULL)",
    ],
    "evolved": [
        "CREATE TABLE T (id INT, name STRING, at DATE, gone INT) USING iceberg "
        f"PARTITIONED BY (years(at)) TBLPROPERTIES ('format-version' = '2', {MERGE_ON_READ})",
        "INSERT INTO T VALUES (1, 'a', DATE '1969-12-31', 7), (2, NULL, NULL, NULL), "
        "(3, 'c', DATE '2020-02-29', 8)",
        "ALTER TABLE T RENAME COLUMN name TO label",
        "ALTER TABLE T ALTER COLUMN id TYPE BIGINT",
        "ALTER TABLE T DROP COLUMN gone",
        "ALTER TABLE T ADD COLUMN gone STRING FIRST",
        "ALTER TABLE T REPLACE PARTITION FIELD years(at) WITH truncate(2, label)",
        "INSERT INTO T VALUES ('new', 9999999999, 'zürich', DATE '1969-12-31')",
        "DELETE FROM T WHERE id = 3",
    ],
    "version_1": [
        "CREATE TABLE T (id INT, name STRING) USING iceberg PARTITIONED BY (name) "
        "TBLPROPERTIES ('format-version' = '1')",
        "INSERT INTO T VALUES (1, 'a'), (2, 'b'), (3, NULL)",
        "DELETE FROM T WHERE id = 2",
    ],
    "vectors": [
        "CREATE TABLE T (id BIGINT, name STRING) USING iceberg "
        f"TBLPROPERTIES ('format-version' = '3', {MERGE_ON_READ})",
        "INSERT INTO T SELECT id, concat('n', id) FROM range(0, 3000, 1, 1)",
        "DELETE FROM T WHERE id % 3 = 0",
        "DELETE FROM T WHERE id BETWEEN 100 AND 2900",
        "UPDATE T SET name = 'changed' WHERE id = 2999 OR id = 1",
    ],
    "upgraded": [
        "CREATE TABLE T (id BIGINT, name STRING) USING iceberg "
        f"TBLPROPERTIES ('format-version' = '2', {MERGE_ON_READ})",
        "INSERT INTO T SELECT id, concat('n', id) FROM range(0, 10, 1, 1)",
        "DELETE FROM T WHERE id = 3",
        "ALTER TABLE T SET TBLPROPERTIES ('format-version' = '3')",
        "DELETE FROM T WHERE id IN (4, 9)",
        "INSERT INTO T VALUES (3, 'again')",
    ],
    "edges": [
        "CREATE TABLE T (b BOOLEAN, i INT, l BIGINT, m DECIMAL(38, 10), day DATE, at TIMESTAMP, "
        "plain TIMESTAMP_NTZ, s STRING, raw BINARY, many ARRAY<INT>, "
        "deep STRUCT<a: INT, b: STRING>) USING iceberg TBLPROPERTIES ('format-version' = '2')",
        "INSERT INTO T VALUES (true, -2147483648, 9223372036854775807, "
        "-9999999999999999999999999999.9999999999, DATE '0001-01-01', "
        "TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMP_NTZ '9999-12-31 23:59:59.999999', "
        "'zzzzzzzzzzzzzzzzzzzzü', X'00FF', array(1, NULL), named_struct('a', 1, 'b', 'x')), "
        "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ],
}
DELTA = {
    "vectors": [
        "CREATE TABLE T (id BIGINT, part STRING) USING delta PARTITIONED BY (part) "
        "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
        "INSERT INTO T SELECT id, concat('p', id % 2) FROM range(0, 40, 1, 1)",
        "DELETE FROM T WHERE id % 3 = 0", "UPDATE T SET id = id + 1000 WHERE id IN (1, 2)",
    ],
    "mapped": [
        "CREATE TABLE T (id BIGINT, `a b` STRING, gone INT) USING delta "
        "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        "INSERT INTO T VALUES (1, 'x', 1), (2, NULL, 2)",
        "ALTER TABLE T RENAME COLUMN `a b` TO `c,d`", "ALTER TABLE T DROP COLUMN gone",
        "ALTER TABLE T ADD COLUMN gone STRING", "INSERT INTO T VALUES (3, 'y', 'new')",
    ],
    "widened": [
        "CREATE TABLE T (i SMALLINT, f FLOAT, m DECIMAL(6, 2), d DATE) USING delta "
        "TBLPROPERTIES ('delta.enableTypeWidening' = 'true', "
        "'delta.feature.timestampNtz' = 'supported')",
        "INSERT INTO T VALUES (-32768, 0.5, -9999.99, DATE '1969-12-31'), (NULL, NULL, NULL, NULL)",
        "ALTER TABLE T ALTER COLUMN i TYPE BIGINT", "ALTER TABLE T ALTER COLUMN f TYPE DOUBLE",
        "ALTER TABLE T ALTER COLUMN m TYPE DECIMAL(20, 4)",
        "ALTER TABLE T ALTER COLUMN d TYPE TIMESTAMP_NTZ",
        "INSERT INTO T VALUES (9223372036854775807, 0.1, 1234567890123456.7891, "
        "TIMESTAMP_NTZ '2020-01-01 00:00:00.000001')",
    ],
    "tracked": [
        "CREATE TABLE T (id BIGINT, name STRING) USING delta TBLPROPERTIES "
        "('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')",
        "INSERT INTO T SELECT id, concat('n', id) FROM range(0, 10, 1, 1)",
        "UPDATE T SET name = 'changed' WHERE id = 4", "DELETE FROM T WHERE id = 7",
        "OPTIMIZE T",
    ],
}


def session():
    jars = PLACE.with_suffix(".jars")
    for package in PACKAGES:
        group, artifact, version = package.split(":")
        subprocess.run(
            ["mvn", "-q", "-B", f"-Dmaven.repo.local={jars}",
             "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get",
             f"-Dartifact={package}", "-Dtransitive=false"], check=True)
    files = [str(path) for package in PACKAGES
             for path in jars.rglob(f"{package.split(':')[1]}-{package.split(':')[2]}.jar")]
    settings = {
        "spark.jars": ",".join(files), "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.sql.extensions":
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,"
            "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.ice.type": "hadoop",
        "spark.sql.catalog.ice.warehouse": f"{PLACE}/iceberg",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.warehouse.dir": f"{PLACE}/hive",
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def as_texts(spark, sql):
    """All rows, each cell as text; None is NULL. Lists and structs as JSON."""
    frame = spark.sql(sql)
    cells = [f"to_json(`{name}`)" if kind.startswith(("array", "struct"))
             else f"hex(`{name}`)" if kind == "binary" else f"cast(`{name}` AS STRING)"
             for name, kind in frame.dtypes]
    frame.createOrReplaceTempView("frame")
    rows = spark.sql(f"SELECT {', '.join(cells)} FROM frame").collect()
    return sorted(([cell for cell in row] for row in rows), key=str)


def main():
    if PLACE.exists():
        sys.exit(f"{PLACE} is there already: it holds what tests unpacked; remove it first")
    spark = session()
    told = {}
    for name, statements in ICEBERG.items():
        for statement in statements:
            spark.sql(statement.replace(" T ", f" ice.db.{name} ").replace("T.id", f"{name}.id"))
        told[f"iceberg/{name}"] = as_texts(spark, f"SELECT * FROM ice.db.{name}")
    for name, statements in DELTA.items():
        for statement in statements:
            place = f"delta.`{PLACE}/delta/{name}`"
            spark.sql((statement + " ").replace(" T ", f" {place} "))
        told[f"delta/{name}"] = as_texts(spark, f"SELECT * FROM {place}")
    spark.stop()
    shutil.rmtree(PLACE / "hive", ignore_errors=True)
    (PLACE / "spark.json").write_text(json.dumps(told, indent=0, ensure_ascii=False))
    for path in PLACE.rglob(".*.crc"):
        path.unlink()
    with tarfile.open(ARCHIVE, "w:gz") as archive:
        archive.add(PLACE, arcname=PLACE.name)


if __name__ == "__main__":
    main()
