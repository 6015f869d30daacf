"""A planted password is printed nowhere: output, state folder, command line of the process."""
import pathlib
import socket

import pytest

from support.postgres import SECRET

PASSWORD = "Zx9-planted-Wq3"


@pytest.fixture
def mute_server():
    """A port that accepts connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(30)
        yield server


@pytest.mark.parametrize("uri", [
    f"postgres://etl:{PASSWORD}@127.0.0.1:{{port}}/db",
    f"postgres://etl@127.0.0.1:{{port}}/db?password={PASSWORD}",
    f"postgresql+pg8000://etl:{PASSWORD}@/db?host=127.0.0.1&port={{port}}",
])
def test_the_process_shows_no_password_while_it_runs(sluice, mute_server, uri):
    port = mute_server.getsockname()[1]
    uri = uri.format(port=port) + ("&" if "?" in uri else "?") + "connect_timeout=2"
    process = sluice.start("inspect", uri, env={"PGPORT": port})
    connection, _ = mute_server.accept()
    shown = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
    connection.close()
    assert b"inspect" in shown and b"etl" in shown
    assert PASSWORD.encode() not in shown
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode != 0
    assert PASSWORD not in stdout + stderr


@pytest.mark.parametrize("words", [
    ["inspect", f"oracle://etl:{PASSWORD}@h/db"],
    ["inspect", f"postgres://etl:{PASSWORD}/x@h/db"],
    ["inspect", f"postgres://etl:{PASSWORD}@h:port/db"],
    ["migrate", f"postgres://etl:{PASSWORD}@h/db"],
    ["inspect", f"--location=postgres://etl:{PASSWORD}@h/db"],
    ["inspect", "a", f"postgres://etl:{PASSWORD}@h/db"],
    ["inspect", f"postgres://etl:{PASSWORD}@127.0.0.1:1/db"],
])
def test_errors_show_no_password(sluice, words):
    for extra in ([], ["--json"], ["--verbose"]):
        result = sluice.run(*words, *extra)
        assert result.code != 0
        assert PASSWORD not in result.stdout + result.stderr


def test_a_wrong_password_is_denied_and_not_shown(sluice, postgres):
    uri = postgres.uri(role="secretive").replace("secretive@", f"secretive:{PASSWORD}@")
    result = sluice.run("inspect", uri, check_code=8)
    assert PASSWORD not in result.stdout + result.stderr


def test_a_run_leaves_no_password_anywhere(sluice, postgres, tpch):
    database = postgres.new_database("OWNER secretive")
    uri = f"postgres://secretive:{SECRET}@127.0.0.1:{postgres.port}/{database.name}"
    words = ["migrate", f"duckdb:{tpch(0.001)}", uri, "--table", "nation", "--verbose"]
    texts = [sluice.run(*words, check_code=0)]
    for format in ("text", "json", "md", "html"):
        texts.append(sluice.run("report", "last", "--format", format, check_code=0))
    texts.append(sluice.run("runs", "--json", check_code=0))
    texts.append(sluice.run("status", check_code=0))
    texts.append(sluice.run("inspect", uri, "--json", check_code=0))
    for result in texts:
        assert SECRET not in result.stdout + result.stderr
    files = [file for file in sluice.folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert SECRET.encode() not in file.read_bytes(), file
