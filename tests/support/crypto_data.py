"""crypto_data.py FOLDER: what the guide starts from: FOLDER/crypto.duckdb with six views over
Parquet files of generated bars, klines, funding rates and macro series, some values missing."""
import pathlib
import sys

import duckdb

TABLES = ["bars_1s", "bars_1m", "klines_1m", "compare_our_vs_kline_1m", "funding_oi_hourly",
          "macro_minute"]
START_MS = 1_700_000_000_000
SECONDS = 36_000
MINUTES = SECONDS // 60
HOURS = 720

BARS = """
SELECT s.symbol, {start} + i * {step} AS ts,
  p.open, p.open + 3.5 AS high, p.open - 2.25 AS low,
  CASE WHEN i % 97 = 0 THEN NULL ELSE p.open + 0.1 END AS close,
  (hash(i) % 100000) / 1000.0 AS volume, (i % 50)::INTEGER AS trade_count
FROM range({rows}) t(i),
  (VALUES ('BTCUSDT', 37000.0::DOUBLE), ('SOLUSDT', 58.5::DOUBLE)) s(symbol, base),
  LATERAL (SELECT s.base + (hash(i, s.symbol) % 10000) / 100.0 AS open) p
"""

SOURCES = {
    "bars_1s": BARS.format(start=START_MS, step=1000, rows=SECONDS),
    "bars_1m": BARS.format(start=START_MS, step=60_000, rows=MINUTES),
    "klines_1m": BARS.format(start=START_MS, step=60_000, rows=MINUTES),
    "compare_our_vs_kline_1m": f"""
SELECT 'BTCUSDT' AS symbol, {START_MS} + i * 60000 AS ts, (hash(i) % 7)::DOUBLE / 1000 AS mae_close,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END AS within_tolerance,
  DATE '2023-11-14' + (i // 1440)::INTEGER AS day
FROM range({MINUTES}) t(i)""",
    "funding_oi_hourly": f"""
SELECT 'BTCUSDT' AS symbol, TIMESTAMP '2023-11-14 22:00:00' + to_hours(i) AS hour,
  ((hash(i) % 2000)::BIGINT - 1000)::DECIMAL(18,8) / 1000000 AS funding_rate,
  CASE WHEN i % 24 = 0 THEN NULL ELSE (hash(i) % 100000000)::DECIMAL(20,4) END AS open_interest
FROM range({HOURS}) t(i)""",
    "macro_minute": f"""
SELECT to_timestamp({START_MS // 1000} + i * 60) AS minute_at,
  CASE WHEN i % 2 = 0 THEN 'DXY' ELSE 'US10Y' END AS series,
  CASE WHEN i % 11 = 0 THEN NULL ELSE 100 + (hash(i) % 1000) / 100.0 END AS value,
  CASE WHEN i % 7 = 0 THEN '' ELSE 'feed' END AS source_name
FROM range({1440}) t(i)""",
}

ROWS = {"bars_1s": 2 * SECONDS, "bars_1m": 2 * MINUTES, "klines_1m": 2 * MINUTES,
        "compare_our_vs_kline_1m": MINUTES, "funding_oi_hourly": HOURS, "macro_minute": 1440}


def make(folder):
    """Returns the path of the DuckDB file."""
    folder = pathlib.Path(folder)
    lake = folder / "lake"
    lake.mkdir(parents=True)
    path = folder / "crypto.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name in TABLES:
            connection.execute(f"COPY ({SOURCES[name]}) TO '{lake / name}.parquet'")
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{lake / name}.parquet')")
    return path


if __name__ == "__main__":
    print(make(sys.argv[1]))
