"""The archive of `make package`: unpacked anywhere, it runs with nothing from the environment."""
import json
import subprocess
import tarfile

import pytest

from support.program import CHECKOUT

BARE = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    if not (CHECKOUT / "build/release/sluice").exists():
        pytest.skip("build/release/sluice is not built: run make")
    made = subprocess.run(
        [CHECKOUT / "tools/package.sh"], capture_output=True, text=True, check=True
    )
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(CHECKOUT / made.stdout.strip()) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def test_version_is_that_of_the_archive(unpacked):
    done = subprocess.run(
        [unpacked / "bin/sluice", "--version"], env=BARE, capture_output=True, text=True, check=True
    )
    assert unpacked.name.split("-")[1] in done.stdout


def test_extensions_are_in_the_archive(unpacked):
    shipped = sorted((CHECKOUT / ".deps/extensions").glob("*.duckdb_extension"))
    assert shipped
    for extension in shipped:
        assert (unpacked / "lib/sluice/extensions" / extension.name).exists()


def test_doctor_finds_everything_with_an_empty_environment(unpacked, tmp_path):
    done = subprocess.run(
        [unpacked / "bin/sluice", "doctor", "--json", "--state", tmp_path / "state"],
        env=BARE, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert isinstance(json.loads(done.stdout), dict)
