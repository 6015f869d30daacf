// Publishing, keeping, rolling back and forgetting runs in PostgreSQL.

#include "contract/postgres_write_fixture.h"

namespace sluice::testing {
namespace {

using Cells = std::vector<std::vector<std::string>>;

constexpr const char* kNew = "SELECT * FROM (VALUES (1::BIGINT, 'new one'), (3, 'new three')) v";

class PostgresPublish : public PostgresWriteFixture {
 protected:
  void make_old() {
    run("CREATE TABLE people (id bigint PRIMARY KEY, name text);"
        "INSERT INTO people VALUES (1, 'old one'), (2, 'old two')");
  }
  Cells people_rows() { return rows("SELECT id, name FROM people ORDER BY id, name"); }
};

TEST_F(PostgresPublish, NewTableAppearsAtOnceAndRollsBackToNothing) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  ASSERT_TRUE(write(kNew));
  EXPECT_EQ(*writer_->publish_state(), PublishState::kNotPublished);
  EXPECT_EQ(value("SELECT to_regclass('public.people')"), "NULL");
  ASSERT_TRUE(writer_->finish(plan_.tables[0]));
  ASSERT_TRUE(writer_->finish(plan_.tables[0]));  // again, as after a crash
  const Status published = writer_->publish();
  ASSERT_TRUE(published) << published.error().message;
  ASSERT_TRUE(writer_->publish());
  EXPECT_EQ(*writer_->publish_state(), PublishState::kPublished);
  EXPECT_EQ(people_rows(), (Cells{{"1", "new one"}, {"3", "new three"}}));
  EXPECT_EQ(value("SELECT conname FROM pg_constraint WHERE conrelid = 'people'::regclass"),
            "people_pkey");
  ASSERT_TRUE(start());  // a later process finds it published
  const auto planned = *writer_->rollback(true);
  EXPECT_EQ(people_rows().size(), 2U);
  const auto done = writer_->rollback(false);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, planned);
  EXPECT_EQ(value("SELECT to_regclass('public.people')"), "NULL");
  EXPECT_EQ(sluice_schemas(), "0");
  EXPECT_TRUE(writer_->rollback(false)->empty());
}

TEST_F(PostgresPublish, TakenNameIsRefusedBeforeTheCopy) {
  make_old();
  plan_.tables = {people()};
  const Status started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kExists);
  EXPECT_EQ(sluice_schemas(), "0");
}

TEST_F(PostgresPublish, ReplacedTableIsKeptAndPutBack) {
  make_old();
  run("CREATE ROLE reader_" + location_.database +
      "; GRANT SELECT, UPDATE (name) ON people TO "
      "reader_" +
      location_.database);
  plan_.tables = {people(IfExists::kReplace)};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(people_rows(), (Cells{{"1", "new one"}, {"3", "new three"}}));
  EXPECT_EQ(
      value("SELECT count(*) FROM " + std::string("sluice_") + to_lower(kRun) + "_kept.people"),
      "2");
  EXPECT_EQ(value("SELECT has_table_privilege('reader_" + location_.database +
                  "', 'people', 'SELECT')::text"),
            "true");
  EXPECT_EQ(value("SELECT has_column_privilege('reader_" + location_.database +
                  "', 'people', 'name', 'UPDATE')::text"),
            "true");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}, {"2", "old two"}}));
  EXPECT_EQ(sluice_schemas(), "0");
  run("DROP OWNED BY reader_" + location_.database + "; DROP ROLE reader_" + location_.database);
}

TEST_F(PostgresPublish, ForgetDropsWhatWasKept) {
  make_old();
  plan_.tables = {people(IfExists::kReplace)};
  ASSERT_TRUE(migrate({kNew}));
  const auto steps = writer_->forget();
  ASSERT_TRUE(steps) << steps.error().message;
  EXPECT_FALSE(steps->empty());
  EXPECT_EQ(people_rows().size(), 2U);
  EXPECT_EQ(sluice_schemas(), "0");
  EXPECT_TRUE(writer_->forget()->empty());
}

TEST_F(PostgresPublish, ForgetBeforePublishIsRefused) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  EXPECT_EQ(writer_->forget().error().kind, ErrorKind::kInvalid);
  ASSERT_TRUE(writer_->rollback(false));
  EXPECT_EQ(sluice_schemas(), "0");
}

TEST_F(PostgresPublish, AppendKeepsOldRowsAndNumbersGoOn) {
  run("CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY, name text, n serial); INSERT "
      "INTO people (name) VALUES ('old one')");
  const std::string counters =
      "SELECT (SELECT last_value || is_called::text FROM people_id_seq) || (SELECT last_value || "
      "is_called::text FROM people_n_seq)";
  const std::string before = value(counters);
  TargetTable table = people(IfExists::kAppend);
  table.columns.push_back(column("n", simple_type(TypeKind::kInt32)));
  plan_.tables = {table};
  const Status status = migrate({"SELECT 7::BIGINT, 'new seven', 1::INTEGER"});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value(counters), "7true1true");
  run("INSERT INTO people (name) VALUES ('next')");
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}, {"7", "new seven"}, {"8", "next"}}));
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(value(counters), before);
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}}));
}

TEST_F(PostgresPublish, ARowThatOthersReferToIsChangedAndNotReplaced) {
  make_old();
  run("CREATE TABLE child (p bigint REFERENCES people ON DELETE CASCADE, who text); INSERT INTO "
      "child VALUES (1, 'kid')");
  plan_.tables = {people(IfExists::kMerge)};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(people_rows(), (Cells{{"1", "new one"}, {"2", "old two"}, {"3", "new three"}}));
  EXPECT_EQ(value("SELECT who FROM child"), "kid");
  run("INSERT INTO child VALUES (3, 'later')");
  const auto refused = writer_->rollback(false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_NE(refused.error().message.find("rows of public.child refer by \"child_p_fkey\""),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM child"), "2");
  run("DELETE FROM child WHERE p = 3");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}, {"2", "old two"}}));
  EXPECT_EQ(value("SELECT who FROM child"), "kid");
  EXPECT_EQ(sluice_schemas(), "0");
}

TEST_F(PostgresPublish, AColumnThatWouldRoundOrCutAValueIsRefused) {
  run("CREATE TABLE people (id bigint PRIMARY KEY, name varchar(5))");
  plan_.tables = {people(IfExists::kAppend)};
  const Status status = migrate({"SELECT 1::BIGINT, 'abcde  '"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kWouldLoseData);
  EXPECT_NE(status.error().message.find("character varying(5) and cannot hold abcde"),
            std::string::npos)
      << status.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM people"), "0");
}

TEST_F(PostgresPublish, TextGoesIntoAnEnumAndADomainOfTheTable) {
  run("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN short AS text CHECK (length(value) "
      "< "
      "9); CREATE TABLE people (id bigint, name mood, d short)");
  TargetTable table = people(IfExists::kAppend);
  table.columns.push_back(column("d", simple_type(TypeKind::kText)));
  plan_.tables = {table};
  const Status status = migrate({"SELECT 1::BIGINT, 'sad', 'text'"});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT name || d FROM people"), "sadtext");
}

TEST_F(PostgresPublish, ARuleThatChangesWhatIsInsertedIsRefusedByName) {
  make_old();
  run("CREATE RULE nothing AS ON INSERT TO people DO INSTEAD NOTHING");
  plan_.tables = {people(IfExists::kAppend)};
  const Status started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kConflict);
  EXPECT_NE(started.error().message.find("rule \"nothing\""), std::string::npos);
}

TEST_F(PostgresPublish, AppendOfADuplicateKeyIsAConflictAndChangesNothing) {
  make_old();
  plan_.tables = {people(IfExists::kAppend)};
  const Status status = migrate({kNew});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(status.error().vendor_code, "23505");
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}, {"2", "old two"}}));
}

TEST_F(PostgresPublish, AppendThatWouldDropAColumnIsRefused) {
  run("CREATE TABLE people (id bigint PRIMARY KEY, name text, age int)");
  plan_.tables = {people(IfExists::kAppend)};
  const Status started = start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kConflict);
  EXPECT_NE(started.error().message.find("\"age\""), std::string::npos);
}

TEST_F(PostgresPublish, MergeReplacesByKeyAndRollsBack) {
  make_old();
  plan_.tables = {people(IfExists::kMerge)};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(people_rows(), (Cells{{"1", "new one"}, {"2", "old two"}, {"3", "new three"}}));
  ASSERT_TRUE(writer_->rollback(false));
  EXPECT_EQ(people_rows(), (Cells{{"1", "old one"}, {"2", "old two"}}));
}

TEST_F(PostgresPublish, DependentViewIsNamedAndNothingChanges) {
  make_old();
  run("CREATE VIEW names AS SELECT name FROM people; CREATE TABLE child (p bigint CONSTRAINT of_p "
      "REFERENCES people)");
  plan_.tables = {people(IfExists::kReplace)};
  const Status status = start();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kConflict);
  EXPECT_NE(status.error().message.find("view public.names"), std::string::npos);
  EXPECT_NE(status.error().message.find("\"of_p\""), std::string::npos);
}

TEST_F(PostgresPublish, ViewsOfThePlanAreMadeAgainAndPutBack) {
  make_old();
  run("CREATE VIEW names AS SELECT name FROM people");
  plan_.tables = {people(IfExists::kReplace)};
  plan_.views = {{{"public", "names"},
                  "CREATE VIEW public.names AS SELECT upper(name) AS name "
                  "FROM public.people"}};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT min(name) FROM names"), "NEW ONE");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(value("SELECT min(name) FROM names"), "old one");
  EXPECT_EQ(sluice_schemas(), "0");
}

TEST_F(PostgresPublish, ForeignKeysInACircleAndToThemselves) {
  TargetTable a = people();
  a.columns.push_back(column("boss", simple_type(TypeKind::kInt64)));
  a.foreign_keys = {{"self", {"boss"}, {"public", "people"}, {"id"}, "CASCADE", ""},
                    {"circle", {"id"}, {"public", "teams"}, {"id"}, "", ""}};
  TargetTable b = people();
  b.name.name = "teams";
  b.keys[0].name = "teams_pkey";
  b.foreign_keys = {{"back", {"id"}, {"public", "people"}, {"id"}, "", ""}};
  plan_.tables = {a, b};
  const Status status = migrate({"SELECT 1::BIGINT, 'x', 1::BIGINT", "SELECT 1::BIGINT, 'team'"});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), "3");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname IN ('people', 'teams')"), "0");
}

TEST_F(PostgresPublish, SameNamesInTwoSchemasAndANewSchema) {
  make_old();
  TargetTable a = people(IfExists::kReplace);
  TargetTable b = people();
  b.name = {"other", "people"};
  TargetTable c = people();
  c.name = {"other", "ledger"};
  c.keys[0].name = "ledger_pkey";
  plan_.tables = {a, b, c};
  const Status status = migrate({kNew, kNew, kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM other.people"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM other.ledger"), "2");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(people_rows()[0][1], "old one");
  EXPECT_EQ(value("SELECT count(*) FROM pg_namespace WHERE nspname = 'other'"), "0");
  EXPECT_EQ(sluice_schemas(), "0");
}

TEST_F(PostgresPublish, KeyNameThatIsTakenGetsAnother) {
  run("CREATE TABLE busy (id bigint CONSTRAINT people_pkey PRIMARY KEY)");
  plan_.tables = {people()};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT conname FROM pg_constraint WHERE conrelid = 'people'::regclass"),
            "people_pkey_00000001");
}

TEST_F(PostgresPublish, DuplicateKeyIsNamedByFinish) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  ASSERT_TRUE(write("SELECT 1::BIGINT, 'a' UNION ALL SELECT 1::BIGINT, 'b'"));
  const Status finished = writer_->finish(plan_.tables[0]);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::kConflict);
  EXPECT_NE(finished.error().message.find("people_pkey"), std::string::npos);
}

TEST_F(PostgresPublish, RollBackRefusesATableThatWasMadeSince) {
  plan_.tables = {people()};
  ASSERT_TRUE(migrate({kNew}));
  run("DROP TABLE people; CREATE TABLE people (precious int)");
  const auto undone = writer_->rollback(false);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(value("SELECT count(*) FROM people"), "0");
}

TEST_F(PostgresPublish, ViewsOnViewsComeInAnyOrder) {
  plan_.tables = {people()};
  plan_.views = {{{"public", "a"}, "CREATE VIEW public.a AS SELECT name FROM public.b"},
                 {{"public", "b"}, "CREATE VIEW public.b AS SELECT name FROM public.people"}};
  const Status status = migrate({kNew});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(value("SELECT count(*) FROM a"), "2");
  const auto undone = writer_->rollback(false);
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(value("SELECT to_regclass('public.b')"), "NULL");
}

TEST_F(PostgresPublish, ViewThatCannotBeMadeChangesNothing) {
  make_old();
  plan_.tables = {people(IfExists::kReplace)};
  plan_.views = {{{"public", "a"}, "CREATE VIEW public.a AS SELECT * FROM public.nothing"}};
  const Status status = migrate({kNew});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(people_rows()[0][1], "old one");
  EXPECT_EQ(*writer_->publish_state(), PublishState::kNotPublished);
}

TEST_F(PostgresPublish, LostCommitIsUnknownUntilTheTargetIsAsked) {
  plan_.tables = {people()};
  ASSERT_TRUE(start());
  const std::string ledger = quote_identifier("sluice_" + to_lower(kRun)) + ".ledger";
  run("CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
      "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER die "
      "AFTER INSERT ON " +
      ledger +
      " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
      "public.die()");
  const auto receipt = write(kNew);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().kind, ErrorKind::kTransient);
  EXPECT_EQ(receipt.error().vendor_code, "08007") << receipt.error().message;
  EXPECT_TRUE((*writer_->landed())[0].empty());
  const Status published = writer_->publish();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().vendor_code, "08007");
  EXPECT_EQ(*writer_->publish_state(), PublishState::kNotPublished);
  run("DROP TRIGGER die ON " + ledger);
  ASSERT_TRUE(write(kNew));
  ASSERT_TRUE(writer_->publish());
  EXPECT_EQ(people_rows().size(), 2U);
}

TEST_F(PostgresPublish, BackupIsNotThisSystemsJob) {
  const Status backup = endpoint_->backup("/tmp/never");
  ASSERT_FALSE(backup);
  EXPECT_EQ(backup.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace sluice::testing
