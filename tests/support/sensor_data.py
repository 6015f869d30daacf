"""Measurements of a network of sensors: a table with duplicates and gaps, and what its service
answers each quarter of an hour."""
import datetime
import json

import duckdb

DEVICES = 500
FEEDS = 15
FEED_DEVICES = 400
BEGIN = "2025-01-01 00:00:00"

# Every 7th reading is missing, every 50th stands twice, as the script of the guide left them.
TABLE = f"""
CREATE TABLE measurements AS
SELECT (i % {DEVICES})::INTEGER AS device,
       TIMESTAMP '{BEGIN}' + INTERVAL 15 MINUTE * (i // {DEVICES})::INTEGER AS when_captured,
       'geigiecast:' || (i % {DEVICES}) AS device_urn,
       CASE WHEN i % 11 = 0 THEN NULL ELSE (10 + hash(i) % 400)::INTEGER END AS lnd_7318u,
       round(0.01 + (hash(i + 1) % 10000) / 10000, 4) AS usv_h,
       round(-90 + (hash(i % {DEVICES}) % 1800000) / 10000, 4) AS lat,
       round(-180 + (hash(i % {DEVICES} + 7) % 3600000) / 10000, 4) AS lon
FROM range(ROWS * 7 // 6) r(i)
WHERE i % 7 <> 3
"""


def make_file(path, rows):
    """devices.duckdb. Returns the time of the newest reading."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLE.replace("ROWS", str(rows)))
        connection.execute("INSERT INTO measurements SELECT * FROM measurements "
                           "WHERE hash(device, when_captured) % 50 = 0")
        connection.execute("CREATE TABLE devices AS SELECT DISTINCT device, device_urn, lat, lon "
                           "FROM measurements")
        return connection.execute("SELECT max(when_captured) FROM measurements").fetchone()[0]


def make_feeds(folder, newest):
    """feed/NN.json: the last readings of the devices, most of which the feed before had too.
    Returns {(device, time): reading} of all."""
    folder.mkdir()
    readings = {}
    for feed in range(1, FEEDS + 1):
        answers = []
        for device in range(FEED_DEVICES):
            step = feed - (device + feed) % 3  # some devices report late
            minutes = 15 * max(step, 1)
            key = (device, minutes)
            reading = readings.setdefault(key, {
                "device": device, "when_captured": _text(newest, minutes),
                "device_urn": f"geigiecast:{device}",
                "lnd_7318u": None if device % 13 == 0 else 20 + (device * feed) % 300,
                "usv_h": round(0.05 + (device * 7 + minutes) % 1000 / 10000, 4),
                "lat": round(device / 10, 4), "lon": round(-device / 5, 4)})
            answers.append(reading)
        answers += answers[:10]  # and some twice in one answer
        (folder / f"{feed:02}.json").write_text(json.dumps(answers), encoding="utf-8")
    return readings


def _text(newest, minutes):
    return (newest + datetime.timedelta(minutes=minutes)).isoformat()
