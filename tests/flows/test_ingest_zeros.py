"""-0.0 and 0.0 of one batch, which the engine's dictionaries make one value of."""
import pytest

from support.lakes import Lake

ROWS = 4000


def zeros(number):
    return f'{{"id": {number}, "d": {"-0.0" if number % 2 else "0"}, "f": ["-0", 0.0]}}'


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path)
    made.run("CREATE TABLE t (id BIGINT, d DOUBLE, f FLOAT[])")
    return made


def signs(lake):
    return lake.rows("SELECT id % 2, d::VARCHAR, f::VARCHAR, count(*) FROM t GROUP BY ALL "
                     "ORDER BY ALL")


BOTH = [("0", "0.0", "[-0.0, 0.0]", str(ROWS // 2)), ("1", "-0.0", "[-0.0, 0.0]", str(ROWS // 2))]


@pytest.mark.parametrize("memory", ["1GB", "64MB"])
def test_both_zeros_arrive_as_they_are(sluice, lake, memory):
    path = sluice.folder / "a.ndjson"
    path.write_text("\n".join(zeros(number) for number in range(ROWS)) + "\n")
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", "--memory", memory, path,
               check_code=0)
    assert signs(lake) == BOTH


def test_both_zeros_come_back_from_the_record_of_what_was_dropped(sluice, lake):
    path = sluice.folder / "a.ndjson"
    path.write_text("\n".join(zeros(number) for number in range(ROWS)) + "\n")
    lake.run(f"INSERT INTO t SELECT i, 7, [7] FROM range({ROWS}) r(i)")
    batch = sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", "--json", path,
                       check_code=0).json["batch"]
    lake.run("DELETE FROM t")
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", "--restore", batch,
               check_code=0)
    assert signs(lake) == BOTH
