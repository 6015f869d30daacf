"""Tables that exist, and the way back: --if-exists, rollback, forget, --dry-run."""
import pytest

from support import items
from support.targets import KINDS, make_target

RESULTS = {"replace": items.INCOMING, "merge": items.MERGED,
           "append": [*items.EXISTING, *items.FRESH]}
CHOICES = [(kind, choice) for kind in KINDS for choice in RESULTS if (kind, choice) !=
           ("parquet", "merge")]


@pytest.fixture
def source(tmp_path):
    return items.make_source(tmp_path / "source.duckdb")


@pytest.fixture
def fresh(tmp_path):
    return items.make_source(tmp_path / "fresh.duckdb", items.FRESH)


@pytest.fixture
def seeded(request, postgres, tmp_path):
    target = make_target(request.param, tmp_path, postgres)
    items.seed(target)
    return target


every_kind = pytest.mark.parametrize("seeded", KINDS, indirect=True)
every_choice = pytest.mark.parametrize("seeded, choice", CHOICES, indirect=["seeded"])


def migrate(sluice, choice, source, fresh, target, *more, check_code=0):
    from_where = fresh if choice == "append" else source
    return sluice.run("migrate", from_where, target.uri, "--if-exists", choice, "--json", *more,
                      check_code=check_code)


@every_kind
def test_an_existing_table_is_an_error_by_default_and_nothing_changes(sluice, seeded, source):
    before = seeded.dump()
    result = sluice.run("migrate", source, seeded.uri, "--json", check_code=6)
    assert result.json["error"]["kind"] == "exists"
    assert "item" in result.json["error"]["message"]
    assert "--if-exists" in result.json["error"]["hint"]
    assert seeded.dump() == before
    assert seeded.leftovers() == []


@every_choice
def test_each_choice_gives_its_rows_and_rollback_restores_exactly(
    sluice, seeded, choice, source, fresh
):
    before = seeded.dump()
    report = migrate(sluice, choice, source, fresh, seeded).json
    assert report["state"] == "done"
    assert items.rows(seeded) == RESULTS[choice]
    steps = sluice.run("rollback", "last", "--dry-run", "--json", check_code=0)
    assert items.rows(seeded) == RESULTS[choice]
    assert "item" in steps.stdout
    sluice.run("rollback", "last", check_code=0)
    assert seeded.dump() == before
    assert seeded.leftovers() == []
    assert sluice.run("rollback", "last").code == 6


@every_choice
def test_the_certificate_holds_for_what_was_published(sluice, seeded, choice, source, fresh):
    certificate = migrate(sluice, choice, source, fresh, seeded).json["certificate"]
    report = sluice.run("verify", "--certificate", certificate, "--json", check_code=0).json
    assert [table["rows_target"] for table in report["tables"]] == [len(RESULTS[choice])]
    if seeded.kind == "parquet":
        return
    seeded.execute("UPDATE item SET name = 'somebody' WHERE id = (SELECT max(id) FROM item)")
    sluice.run("verify", "--certificate", certificate, "--json", check_code=5)


@every_choice
def test_forget_keeps_the_rows_and_leaves_nothing_of_sluice(sluice, seeded, choice, source, fresh):
    migrate(sluice, choice, source, fresh, seeded)
    sluice.run("forget", "last", check_code=0)
    assert items.rows(seeded) == RESULTS[choice]
    assert seeded.leftovers() == []
    assert sluice.run("rollback", "last").code == 6
    assert items.rows(seeded) == RESULTS[choice]


@every_choice
def test_rollback_refuses_when_somebody_wrote_since_unless_forced(
    sluice, seeded, choice, source, fresh
):
    if seeded.kind == "parquet":
        pytest.skip("a file of a folder is replaced, not written to")
    before = seeded.dump()
    migrate(sluice, choice, source, fresh, seeded)
    seeded.execute("UPDATE item SET name = 'somebody' WHERE id = (SELECT max(id) FROM item)")
    after = seeded.dump()
    result = sluice.run("rollback", "last", "--json", check_code=6)
    assert "item" in result.json["error"]["message"] and "--force" in result.json["error"]["hint"]
    assert seeded.dump() == after
    sluice.run("rollback", "last", "--force", check_code=0)
    assert seeded.dump() == before
    assert seeded.leftovers() == []


@every_choice
def test_a_dry_run_says_the_steps_and_changes_nothing(sluice, seeded, choice, source, fresh):
    before = seeded.dump()
    result = migrate(sluice, choice, source, fresh, seeded, "--dry-run")
    assert "item" in result.stdout
    assert seeded.dump() == before
    assert seeded.leftovers() == []
    assert sluice.run("runs", "--json", check_code=0).stdout.count("item") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_was_not_there_is_gone_or_empty_after_rollback(
    sluice, postgres, tmp_path, source, kind
):
    target = make_target(kind, tmp_path, postgres)
    before = target.dump()
    sluice.run("migrate", source, target.uri, check_code=0)
    assert items.rows(target) == items.INCOMING
    sluice.run("rollback", "last", check_code=0)
    assert not target.exists("item")
    assert target.leftovers() == []
    if kind == "postgres":
        assert target.dump() == before


@pytest.mark.parametrize("seeded", ["sqlite", "duckdb", "postgres"], indirect=True)
def test_append_of_a_key_that_exists_is_a_conflict_and_rolls_back(sluice, seeded, source):
    before = seeded.dump()
    result = sluice.run("migrate", source, seeded.uri, "--if-exists", "append", "--json",
                        check_code=6)
    assert "item" in result.json["error"]["message"] + result.json["error"]["object"]
    assert items.rows(seeded) == items.EXISTING
    if sluice.run("rollback", "last").code == 0:
        assert seeded.leftovers() == []
    assert seeded.dump() == before


@pytest.mark.parametrize("seeded", ["sqlite", "duckdb", "postgres"], indirect=True)
def test_merge_by_a_named_key_updates_and_inserts(sluice, seeded, tmp_path):
    source = items.make_source(tmp_path / "by_name.duckdb", [("9", "old one", "99.5"),
                                                              ("10", "unseen", "1.25")])
    seeded.execute("CREATE UNIQUE INDEX item_names ON item (name)")
    result = sluice.run("migrate", source, seeded.uri, "--if-exists", "merge", "--key", "name",
                        "--json")
    assert result.code == 0, result
    found = items.rows(seeded)
    assert ("10", "unseen", "1.25") in found and ("9", "old one", "99.5") in found
    assert len(found) == len(items.EXISTING) + 1


def test_merge_into_parquet_is_refused_by_name_or_done_in_full(sluice, tmp_path, source):
    target = make_target("parquet", tmp_path)
    items.seed(target)
    before = target.dump()
    result = sluice.run("migrate", source, target.uri, "--if-exists", "merge", "--json")
    if result.code == 0:
        assert items.rows(target) == items.MERGED
        sluice.run("rollback", "last", check_code=0)
    else:
        assert result.code in (2, 10), result
        assert "merge" in result.json["error"]["message"]
    assert target.dump() == before


OUTSIDERS = [
    "CREATE TABLE sale (id bigint PRIMARY KEY, item_id bigint REFERENCES item (id))",
    "INSERT INTO sale VALUES (1, 2)",
    "CREATE VIEW dear AS SELECT * FROM item WHERE price > 2",
    "GRANT SELECT ON item TO secretive",
]


@pytest.mark.parametrize("seeded", ["postgres"], indirect=True)
def test_replacing_a_table_that_others_depend_on_keeps_them_or_is_a_conflict(sluice, seeded,
                                                                             source):
    seeded.execute(*OUTSIDERS)
    before = seeded.dump()
    result = sluice.run("migrate", source, seeded.uri, "--if-exists", "replace", "--json")
    if result.code != 0:
        assert result.code == 6, result
        sluice.run("rollback", "last")
    else:
        reference = "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        assert seeded.rows(reference) == [("item",)]
        assert seeded.rows("SELECT count(*) FROM dear") == [("3",)]
        assert seeded.rows("SELECT has_table_privilege('secretive', 'item', 'SELECT')") == [("t",)]
        sluice.run("rollback", "last", check_code=0)
    assert seeded.leftovers() == []
    assert seeded.dump() == before


def test_rollback_of_a_run_that_another_run_built_on_is_refused(sluice, postgres, tmp_path, source):
    for kind in KINDS[:3]:
        target = make_target(kind, tmp_path, postgres)
        first = sluice.run("migrate", source, target.uri, "--json", check_code=0).json["run"]
        other = items.make_source(tmp_path / f"other-{kind}.duckdb", items.FRESH)
        second = sluice.run("migrate", other, target.uri, "--if-exists", "replace", "--json",
                            check_code=0).json["run"]
        sluice.run("rollback", first, check_code=6)
        assert items.rows(target) == items.FRESH
        sluice.run("rollback", second, check_code=0)
        assert items.rows(target) == items.INCOMING
        sluice.run("rollback", first, check_code=0)
        assert not target.exists("item")
        assert target.leftovers() == []
