"""Runs one peer's job, as its users would write it. `peers.py JOB ARGUMENT...`

A program of its own, so that its start-up and memory are measured as sluice's are.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))


def duckdb_sql(*statements):
    """DuckDB 1.5.5 with its own PostgreSQL and SQLite extensions."""
    from support import judge
    connection = judge.open_judge("postgres_scanner", "sqlite_scanner")
    for statement in statements:
        connection.execute(statement)


def dlt(source, table, kind, target, work):
    """dlt's sql_database with Arrow batches, the fastest backend that this source has."""
    import dlt as library
    from dlt.sources.sql_database import sql_table
    destinations = {
        "postgres": lambda: library.destinations.postgres(target),
        "duckdb": lambda: library.destinations.duckdb(target),
        "parquet": lambda: library.destinations.filesystem(f"file://{target}"),
    }
    pipeline = library.pipeline("bench", destination=destinations[kind](), dataset_name="bench",
                                pipelines_dir=work)
    rows = sql_table(credentials=source, table=table, backend="pyarrow", chunk_size=100_000)
    info = pipeline.run(rows, write_disposition="replace", loader_file_format="parquet"
                        if kind != "postgres" else "csv")
    info.raise_on_failed_jobs()


def connectorx(source, table, target):
    """connectorx in two partitions, its Arrow table written by pyarrow as zstd Parquet."""
    import connectorx as library
    import pyarrow.parquet
    arrow = library.read_sql(source, f"SELECT * FROM {table}", return_type="arrow",
                             partition_on=_number_column(table), partition_num=2)
    pyarrow.parquet.write_table(arrow, target, compression="zstd")


def pyiceberg(source, table, folder):
    """connectorx in two partitions, its Arrow table written by PyIceberg through a SQL catalog."""
    from pyiceberg.catalog.sql import SqlCatalog
    arrow = _arrow_of(source, table)
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db",
                         warehouse=f"file://{folder}/w")
    catalog.create_namespace("bench")
    catalog.create_table(f"bench.{table}", arrow.schema).append(arrow)


def _arrow_of(source, table):
    import connectorx as library
    return library.read_sql(source, f"SELECT * FROM {table}", return_type="arrow",
                            partition_on=_number_column(table), partition_num=2)


def _rest_catalog(uri, warehouse):
    from pyiceberg.catalog.rest import RestCatalog
    return RestCatalog("bench", uri=uri, warehouse=warehouse)


def pyiceberg_rest(source, table, uri, warehouse):
    """As pyiceberg, through a REST catalog."""
    arrow = _arrow_of(source, table)
    catalog = _rest_catalog(uri, warehouse)
    catalog.create_namespace_if_not_exists("public")
    catalog.create_table(f"public.{table}", arrow.schema).append(arrow)


def drop_rest(table, uri, warehouse):
    """Takes away what the side before made."""
    catalog = _rest_catalog(uri, warehouse)
    catalog.create_namespace_if_not_exists("public")
    for name in catalog.list_tables("public"):
        catalog.drop_table(name)


def dlt_iceberg(source, table, folder, work):
    """dlt's sql_database with Arrow batches, its filesystem destination with Iceberg tables."""
    import dlt as library
    from dlt.sources.sql_database import sql_table
    pipeline = library.pipeline("bench", dataset_name="bench", pipelines_dir=work,
                                destination=library.destinations.filesystem(f"file://{folder}"))
    rows = sql_table(credentials=source, table=table, backend="pyarrow", chunk_size=100_000)
    info = pipeline.run(rows, write_disposition="replace", table_format="iceberg")
    info.raise_on_failed_jobs()


def _number_column(table):
    return "l_orderkey" if table == "lineitem" else "id"


JOBS = {"duckdb_sql": duckdb_sql, "dlt": dlt, "connectorx": connectorx, "pyiceberg": pyiceberg,
        "pyiceberg_rest": pyiceberg_rest, "drop_rest": drop_rest, "dlt_iceberg": dlt_iceberg}

if __name__ == "__main__":
    JOBS[sys.argv[1]](*sys.argv[2:])
