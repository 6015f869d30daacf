"""A password is printed nowhere: output, logs, state folder, reports, the list of processes."""
import pathlib
import time

import duckdb
import pytest

from support.postgres import SECRET, SECRETIVE
from support.targets import make_target

FORMATS = ["text", "json", "md", "html"]
ODD = "p@ss/w:rd%41é"  # what a URI has to escape
ODD_IN_URI = "p%40ss%2Fw%3Ard%2541%C3%A9"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE big AS SELECT i AS id, md5(i::VARCHAR) AS a "
                           "FROM range(300000) t(i)")
    return f"duckdb:{path}"


@pytest.fixture
def database(postgres, tmp_path):
    target = make_target("postgres", tmp_path, postgres)
    postgres.psql(target.database, f"GRANT ALL ON DATABASE {target.database} TO {SECRETIVE}; "
                                   f"GRANT ALL ON SCHEMA public TO {SECRETIVE}")
    return target


def command_lines(process):
    """What every process may read of this one, until it ends."""
    seen = []
    while process.poll() is None:
        try:
            seen.append(pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes())
        except OSError:
            break
        time.sleep(0.005)
    return seen


def assert_nowhere(secret, sluice, texts):
    for text in texts:
        assert secret not in text
    for form in FORMATS:
        result = sluice.run("report", "last", "--format", form)
        assert secret not in result.stdout + result.stderr
    for command in (["runs"], ["status", "last"], ["runs", "--json"], ["doctor"]):
        result = sluice.run(*command, "--verbose")
        assert secret not in result.stdout + result.stderr
    files = [file for file in sluice.state.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert secret.encode() not in file.read_bytes(), file


def run_and_watch(sluice, *args, env=None, code=0):
    process = sluice.start(*args, env=env)
    lines = command_lines(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    return lines, out, err


def test_a_password_in_a_uri_is_printed_nowhere(sluice, postgres, database, source):
    uri = f"postgres://{SECRETIVE}:{SECRET}@{postgres.host}:{postgres.port}/{database.database}"
    lines, out, err = run_and_watch(sluice, "migrate", source, uri, "--verbose")
    # The first instants belong to fork and exec; sluice hides it as the first thing it does.
    hidden = next(i for i, line in enumerate(lines) if b"secretive:****" in line)
    assert hidden < len(lines) / 2
    assert all(SECRET.encode() not in line for line in lines[hidden:])
    assert_nowhere(SECRET, sluice, [out, err])


def test_a_password_in_the_environment_is_printed_nowhere(sluice, postgres, database, source):
    environment = {"SLUICE_WH_USER": SECRETIVE, "SLUICE_WH_PASS": SECRET, "SLUICE_WH_PORT":
                   postgres.port, "SLUICE_WH_HOST": postgres.host,
                   "SLUICE_WH_NAME": database.database}
    lines, out, err = run_and_watch(sluice, "migrate", source, "wh", "--verbose", "--json",
                                    env=environment)
    assert all(SECRET.encode() not in line for line in lines)
    assert_nowhere(SECRET, sluice, [out, err])
    result = sluice.run("rollback", "last", "--json", env=environment, check_code=0)
    assert SECRET not in result.stdout + result.stderr


def test_a_password_in_the_config_file_is_printed_nowhere(sluice, postgres, database, source):
    (sluice.folder / "sluice.toml").write_text(
        f"[locations.warehouse]\nkind = 'postgres'\n"
        f"host = '{postgres.host}'\nport = {postgres.port}\n"
        f"user = '{SECRETIVE}'\npassword = '{SECRET}'\ndatabase = '{database.database}'\n")
    lines, out, err = run_and_watch(sluice, "migrate", source, "warehouse", "--json")
    assert all(SECRET.encode() not in line for line in lines)
    plan = sluice.run("plan", source, "warehouse", "--table", "big", "--if-exists", "replace",
                      "--out",
                      "plan.json", check_code=0)
    texts = [out, err, plan.stdout, plan.stderr, (sluice.folder / "plan.json").read_text()]
    assert_nowhere(SECRET, sluice, texts)


@pytest.mark.parametrize("uri", [
    "postgres://{role}:{secret}@{host}:{port}/no_such_database",
    "postgres://{role}:{secret}@{host}:1/db", "postgres://{role}:{secret}@{host}:port/db",
    "postgres://{role}:{secret}@{host}:{port}/db?no_such_parameter=1",
    "mysql://{role}:{secret}@{host}/db", "postgres//{role}:{secret}@{host}/db",
])
def test_a_password_in_a_uri_that_fails_is_not_printed(sluice, postgres, source, uri):
    location = uri.format(role=SECRETIVE, secret=SECRET, host=postgres.host, port=postgres.port)
    for command in (["migrate", source, location], ["inspect", location],
                    ["verify", source, location], ["query", location, "SELECT 1"]):
        for more in ([], ["--json"], ["--verbose"]):
            result = sluice.run(*command, *more)
            assert result.code not in (0, 1), result
            assert SECRET not in result.stdout + result.stderr


def test_a_password_that_a_uri_escapes_is_hidden_in_both_spellings(
    sluice, postgres, database, source
):
    role = f"odd_{database.database}"
    postgres.psql(database.database, f"CREATE ROLE {role} LOGIN PASSWORD '{ODD}'; "
                                     f"GRANT ALL ON SCHEMA public TO {role}; "
                                     f"GRANT ALL ON DATABASE {database.database} TO {role}")
    uri = f"postgres://{role}:{ODD_IN_URI}@{postgres.host}:{postgres.port}/{database.database}"
    lines, out, err = run_and_watch(sluice, "migrate", source, uri, "--verbose")
    # The first instants belong to fork and exec, as above.
    hidden = next(i for i, line in enumerate(lines) if f"{role}:****".encode() in line)
    assert hidden < len(lines) / 2
    for secret in (ODD, ODD_IN_URI):
        assert all(secret.encode() not in line for line in lines[hidden:])
        assert_nowhere(secret, sluice, [out, err])
    postgres.psql(database.database, f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
