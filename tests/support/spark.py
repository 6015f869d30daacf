"""Tables that Spark wrote (tests/spark/make_tables.py), and what Spark read of them."""
import json
import pathlib
import shutil
import tarfile
import tempfile

from support.program import CHECKOUT

ARCHIVE = CHECKOUT / "tests/spark/tables.tar.gz"
# Metadata of Iceberg has whole paths, so this is where they were made.
PLACE = pathlib.Path("/tmp/sluice-spark-tables")


def unpacked():
    """Their rows by name, as "iceberg/evolved": each row a list of texts."""
    with tarfile.open(ARCHIVE) as archive:
        told = archive.extractfile(f"{PLACE.name}/spark.json").read()
        there = PLACE / "spark.json"
        if not there.exists() or there.read_bytes() != told:
            with tempfile.TemporaryDirectory(dir=PLACE.parent) as folder:
                archive.extractall(folder, filter="data")
                shutil.rmtree(PLACE, ignore_errors=True)
                (pathlib.Path(folder) / PLACE.name).rename(PLACE)
    return json.loads(told)
