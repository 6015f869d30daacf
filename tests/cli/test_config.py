"""sluice.toml and the environment's names of locations."""
import sqlite3

import pytest


@pytest.fixture
def shop(sluice):
    connection = sqlite3.connect(sluice.folder / "shop.sqlite")
    connection.executescript("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2);")
    connection.close()
    return sluice.folder / "shop.sqlite"


def configure(sluice, text, name="sluice.toml"):
    (sluice.folder / name).write_text(text)


def tables(result):
    return [table["name"] for table in result.json["tables"]]


def test_a_location_is_known_by_its_name_in_any_case(sluice, shop):
    configure(sluice, '[locations.Shop]\nurl = "sqlite:shop.sqlite"\n')
    for name in ("Shop", "shop", "SHOP"):
        assert tables(sluice.run("inspect", name, "--json", check_code=0)) == ["t"]


def test_a_location_in_parts_with_a_variable(sluice, shop):
    configure(sluice, '[locations.shop]\nkind = "sqlite"\npath = "${DATA}/shop.sqlite"\n')
    result = sluice.run("inspect", "shop", "--json", env={"DATA": sluice.folder}, check_code=0)
    assert tables(result) == ["t"]


def test_config_names_another_file(sluice, shop):
    configure(sluice, '[locations.shop]\nurl = "sqlite:shop.sqlite"\n', "other.toml")
    sluice.run("inspect", "shop", check_code=3)
    sluice.run("inspect", "shop", "--config", "other.toml", check_code=0)
    sluice.run("inspect", "shop", "--config", "none.toml", check_code=3)


@pytest.mark.parametrize("text, message, hint", [
    ('[locations.a]\nurl = "x"\n\n[location.b]\n', '4: unknown key "location"', '"locations"'),
    ('[locations.a]\nurll = "x"\n', '2: unknown key "locations.a.urll"', '"url"'),
    ('[jobs.j]\nsource = "a"\ntarget = "b"\ntabels = []\n', '4: unknown key "jobs.j.tabels"',
     '"tables"'),
])
def test_an_unknown_key_names_line_and_nearest_key(sluice, text, message, hint):
    configure(sluice, text)
    error = sluice.run("inspect", "a", "--json", check_code=2).json["error"]
    assert error["kind"] == "invalid"
    assert error["message"] == f"sluice.toml:{message}"
    assert error["hint"] == f"did you mean {hint}?"


def test_a_missing_variable_is_named(sluice):
    configure(sluice, '[locations.a]\nurl = "sqlite:${NOT_SET_ANYWHERE}/x"\n')
    result = sluice.run("inspect", "a", check_code=2)
    assert "NOT_SET_ANYWHERE" in result.stderr


def test_broken_toml_names_the_line(sluice):
    configure(sluice, "[locations.a\n")
    result = sluice.run("inspect", "a", check_code=2)
    assert result.stderr.startswith("sluice: sluice.toml:1: ")


@pytest.mark.parametrize("variable", ["SLUICE_SHOP_URL", "SHOP_DB_URL"])
def test_the_environment_names_a_location(sluice, shop, variable):
    result = sluice.run(
        "inspect", "shop", "--json", env={variable: "sqlite:///./shop.sqlite"}, check_code=0
    )
    assert tables(result) == ["t"]


def test_the_environment_names_a_server_in_parts(sluice, postgres):
    database = postgres.new_database()
    postgres.psql(database.name, "CREATE TABLE t (a int)")
    parts = {
        "CRYPTO_DB_USER": "postgres",
        "CRYPTO_DB_PASS": "not needed here",
        "CRYPTO_DB_HOST": postgres.folder,
        "CRYPTO_DB_PORT": postgres.port,
        "CRYPTO_DB_NAME": database.name,
    }
    result = sluice.run("inspect", "crypto", "--json", env=parts, check_code=0)
    assert tables(result) == ["public.t"]


def test_an_unknown_name_lists_what_was_looked_for(sluice):
    message = sluice.run("inspect", "nowhere", "--json", check_code=3).json["error"]["message"]
    for looked_for in ("sluice.toml", "SLUICE_NOWHERE_URL", "NOWHERE_DB_URL", "NOWHERE_DB_HOST"):
        assert looked_for in message


def test_a_job_is_carried_out_with_what_is_typed_beside_it(sluice, shop):
    configure(
        sluice,
        '[locations.shop]\nurl = "sqlite:shop.sqlite"\n'
        '[jobs.nightly]\nsource = "shop"\ntarget = "duckdb:copy.duckdb"\ntables = ["t"]\n'
        'verify = "independent"\n[jobs.nightly.rename]\nt = "u"\n',
    )
    report = sluice.run("migrate", "--job", "nightly", "--json", check_code=0).json
    assert [table["target"] for table in report["tables"]] == ["main.u"]
    assert report["tables"][0]["verified"] == "independent"
    again = sluice.run("migrate", "--job", "nightly", "--json", check_code=6).json
    assert again["error"]["kind"] == "exists"
    sluice.run("migrate", "--job", "nightly", "--if-exists", "replace", check_code=0)
    unknown = sluice.run("migrate", "--job", "nigthly", "--json", check_code=3).json
    assert unknown["error"]["hint"] == 'did you mean "nightly"?'
