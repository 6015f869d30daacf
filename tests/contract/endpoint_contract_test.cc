// One suite over all endpoints: what endpoint.h promises, whoever keeps it.

#include <gtest/gtest.h>

#include "endpoint_quirks.h"
#include "model/digest.h"

namespace sluice::testing {
namespace {

constexpr const char* kRows =
    "SELECT CAST(i AS BIGINT) AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE 'name ' || i END AS name "
    "FROM range({}, {}) r(i)";

std::string rows_sql(int low, int high) {
  return replace_all(replace_all(kRows, "{}, ", std::to_string(low) + ", "), "{}",
                     std::to_string(high));
}

class EndpointContract : public ::testing::TestWithParam<Quirks> {
 protected:
  void SetUp() override {
    Engine::Options options;
    options.memory_bytes = std::uint64_t{512} << 20;
    options.threads = 2;
    auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    site_ = std::make_unique<Site>(GetParam(), *engine_);
    if (!site_->available()) {
      GTEST_SKIP() << "no server: SLUICE_TEST_POSTGRES or SLUICE_TEST_MYSQL is not set";
    }
    open_again();
    connection_ = std::move(*engine_->connect());
  }

  // A new process would find the same.
  void open_again() {
    session_.reset();
    endpoint_.reset();
    auto endpoint = site_->open(true);
    ASSERT_TRUE(endpoint) << endpoint.error().message;
    endpoint_ = std::move(*endpoint);
  }

  TargetPlan plan_of(IfExists if_exists = IfExists::kFail) {
    TargetTable table;
    table.name = {site_->schema(endpoint_->capabilities()), "people"};
    table.if_exists = if_exists;
    table.merge_key = {"id"};
    for (const auto& [name, kind] : {std::pair{"id", TypeKind::kInt64},
                                     std::pair{"name", TypeKind::kText}}) {
      const TypeRule rule = endpoint_->rule(simple_type(kind));
      TargetColumn column;
      column.name = name;
      column.type = rule.carried;
      column.native_type = rule.native_type;
      column.nullable = std::string_view(name) != "id";
      table.columns.push_back(column);
    }
    if (endpoint_->capabilities().primary_keys) {
      table.keys = {{KeyKind::kPrimary, "", {"id"}}};
    }
    TargetPlan plan;
    plan.tables.push_back(table);
    return plan;
  }

  void start(const std::string& run, const TargetPlan& plan) {
    plan_ = plan;
    session_.reset();
    auto session = endpoint_->write(run, plan_);
    ASSERT_TRUE(session) << session.error().message;
    session_ = std::move(*session);
    const Status prepared = session_->prepare(plan_);
    ASSERT_TRUE(prepared) << prepared.error().message;
  }

  Result<ChunkReceipt> write(int chunk, int low, int high) {
    ChunkJob job;
    job.table = &plan_.tables[0];
    job.chunk = chunk;
    job.select_sql = rows_sql(low, high);
    return session_->write_chunk(job, *connection_);
  }

  void migrate(const std::string& run, IfExists if_exists, int low, int high) {
    start(run, plan_of(if_exists));
    ASSERT_TRUE(write(0, low, high));
    const Status finished = session_->finish(plan_.tables[0]);
    ASSERT_TRUE(finished) << finished.error().message;
    const Status published = session_->publish();
    ASSERT_TRUE(published) << published.error().message;
  }

  Digest expected(const std::string& sql) {
    Digest digest;
    const Status status = connection_->stream(sql, [&](const Batch& batch) -> Status {
      digest += digest_of(batch);
      return {};
    });
    EXPECT_TRUE(status) << status.error().message;
    return digest;
  }

  Result<Digest> read_back(const TableName& name, ReadPath path = ReadPath::kFast) {
    TRY_ASSIGN(const auto session, endpoint_->read());
    Table table;
    table.name = name;
    for (const TargetColumn& column : plan_.tables[0].columns) {
      Column& out = table.columns.emplace_back();
      out.name = column.name;
      out.type = column.type;
    }
    TRY_ASSIGN(const std::string relation, session->relation(table, nullptr, path));
    TRY_ASSIGN(const auto connection, engine_->connect());
    Digest digest;
    TRY(connection->stream("SELECT id, name FROM " + relation, [&](const Batch& batch) -> Status {
      digest += digest_of(batch);
      return {};
    }));
    return digest;
  }

  std::vector<std::string> tables() {
    std::vector<std::string> names;
    const auto session = endpoint_->read();
    if (!session) return names;
    const auto inventory = (*session)->inspect();
    EXPECT_TRUE(inventory) << inventory.error().message;
    for (const Table& table : inventory->tables) names.push_back(table.name.name);
    return names;
  }

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<EngineConnection> connection_;
  std::unique_ptr<WriteSession> session_;
  TargetPlan plan_;
};

TEST_P(EndpointContract, NothingIsVisibleBeforePublishAndEverythingAfter) {
  start(make_ulid(), plan_of());
  ASSERT_TRUE(write(0, 0, 3000));
  ASSERT_TRUE(write(1, 3000, 5000));
  ASSERT_TRUE(session_->finish(plan_.tables[0]));
  EXPECT_TRUE(tables().empty());
  EXPECT_EQ(session_->publish_state(), PublishState::kNotPublished);
  ASSERT_TRUE(session_->publish());
  EXPECT_EQ(session_->publish_state(), PublishState::kPublished);
  EXPECT_EQ(tables(), std::vector<std::string>{"people"});
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(0, 5000)));
}

TEST_P(EndpointContract, StagedRowsReadBackEqualByBothPaths) {
  start(make_ulid(), plan_of());
  const auto receipt = write(0, 0, 2500);
  ASSERT_TRUE(receipt) << receipt.error().message;
  const Digest rows = expected(rows_sql(0, 2500));
  EXPECT_EQ(receipt->digest, rows);
  const TableName staged = session_->staged_name(plan_.tables[0]);
  EXPECT_EQ(read_back(staged), rows);
  const auto independent = read_back(staged, ReadPath::kIndependent);
  ASSERT_TRUE(independent) << independent.error().message;
  EXPECT_EQ(*independent, rows);
}

TEST_P(EndpointContract, LedgerSurvivesAndSaysWhatLanded) {
  const std::string run = make_ulid();
  start(run, plan_of());
  ASSERT_TRUE(write(0, 0, 100));
  ASSERT_TRUE(write(2, 200, 300));
  open_again();
  start(run, plan_of());
  const auto landed = session_->landed();
  ASSERT_TRUE(landed) << landed.error().message;
  ASSERT_EQ(landed->size(), 1U);
  ASSERT_EQ((*landed)[0].size(), 2U);
  EXPECT_EQ((*landed)[0].at(0), expected(rows_sql(0, 100)));
  EXPECT_EQ((*landed)[0].at(2), expected(rows_sql(200, 300)));
  ASSERT_TRUE(write(1, 100, 200));
  EXPECT_EQ(read_back(session_->staged_name(plan_.tables[0])), expected(rows_sql(0, 300)));
}

TEST_P(EndpointContract, FailedChunkLeavesNothing) {
  start(make_ulid(), plan_of());
  ChunkJob job;
  job.table = &plan_.tables[0];
  job.chunk = 0;
  job.select_sql =
      "SELECT CAST(i AS BIGINT) AS id, CASE WHEN i = 4999 THEN error('broken source') ELSE 'x' END "
      "AS name FROM range(5000) r(i)";
  ASSERT_FALSE(session_->write_chunk(job, *connection_));
  const auto landed = session_->landed();
  ASSERT_TRUE(landed) << landed.error().message;
  EXPECT_TRUE((*landed)[0].empty());
  ASSERT_TRUE(write(0, 0, 10));
  EXPECT_EQ(read_back(session_->staged_name(plan_.tables[0])), expected(rows_sql(0, 10)));
}

TEST_P(EndpointContract, DiscardedTableStartsEmpty) {
  start(make_ulid(), plan_of());
  ASSERT_TRUE(write(0, 0, 100));
  ASSERT_TRUE(session_->discard_table(plan_.tables[0]));
  EXPECT_TRUE(session_->landed()->at(0).empty());
  ASSERT_TRUE(write(0, 50, 60));
  EXPECT_EQ(read_back(session_->staged_name(plan_.tables[0])), expected(rows_sql(50, 60)));
}

TEST_P(EndpointContract, TakenNameIsRefused) {
  migrate(make_ulid(), IfExists::kFail, 0, 10);
  plan_ = plan_of(IfExists::kFail);
  auto session = endpoint_->write(make_ulid(), plan_);
  ASSERT_TRUE(session) << session.error().message;
  const Status prepared = (*session)->prepare(plan_);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().kind, ErrorKind::kExists);
}

TEST_P(EndpointContract, RollbackBeforePublishLeavesNothing) {
  start(make_ulid(), plan_of());
  ASSERT_TRUE(write(0, 0, 100));
  const auto said = session_->rollback(true);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_FALSE(said->empty());
  EXPECT_EQ(session_->landed()->at(0).size(), 1U);  // a dry run does nothing
  const auto done = session_->rollback(false);
  ASSERT_TRUE(done) << done.error().message;
  session_.reset();
  EXPECT_TRUE(tables().empty());
}

TEST_P(EndpointContract, ReplaceIsPutBackByRollback) {
  migrate(make_ulid(), IfExists::kFail, 0, 100);
  const std::string run = make_ulid();
  migrate(run, IfExists::kReplace, 500, 900);
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(500, 900)));
  open_again();
  auto session = endpoint_->write(run, plan_);
  ASSERT_TRUE(session) << session.error().message;
  const auto done = (*session)->rollback(false);
  ASSERT_TRUE(done) << done.error().message;
  session->reset();
  EXPECT_EQ(tables(), std::vector<std::string>{"people"});
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(0, 100)));
}

TEST_P(EndpointContract, AppendKeepsOldRowsAndRollbackRemovesTheNew) {
  migrate(make_ulid(), IfExists::kFail, 0, 100);
  const std::string run = make_ulid();
  migrate(run, IfExists::kAppend, 100, 150);
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(0, 150)));
  const auto done = session_->rollback(false);
  ASSERT_TRUE(done) << done.error().message;
  session_.reset();
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(0, 100)));
}

TEST_P(EndpointContract, MergeReplacesRowsByKey) {
  migrate(make_ulid(), IfExists::kFail, 0, 100);
  start(make_ulid(), plan_of(IfExists::kMerge));
  ChunkJob job;
  job.table = &plan_.tables[0];
  job.select_sql = "SELECT CAST(i AS BIGINT) AS id, 'new ' || i AS name FROM range(90, 110) r(i)";
  ASSERT_TRUE(session_->write_chunk(job, *connection_));
  ASSERT_TRUE(session_->finish(plan_.tables[0]));
  const Status published = session_->publish();
  ASSERT_TRUE(published) << published.error().message;
  Digest rows = expected(rows_sql(0, 90));
  rows += expected(job.select_sql);
  EXPECT_EQ(read_back(plan_.tables[0].name), rows);
}

TEST_P(EndpointContract, ForgetKeepsTheTableAndDropsTheRest) {
  migrate(make_ulid(), IfExists::kFail, 0, 100);
  const std::string run = make_ulid();
  migrate(run, IfExists::kReplace, 500, 900);
  const auto done = session_->forget();
  ASSERT_TRUE(done) << done.error().message;
  session_.reset();
  EXPECT_EQ(tables(), std::vector<std::string>{"people"});
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(500, 900)));
}

TEST_P(EndpointContract, PublishTwiceIsPublishOnce) {
  migrate(make_ulid(), IfExists::kFail, 0, 100);
  const Status again = session_->publish();
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(read_back(plan_.tables[0].name), expected(rows_sql(0, 100)));
}

TEST_P(EndpointContract, DuplicateKeyIsAConflictWhereKeysAreEnforced) {
  if (!GetParam().enforces_keys) GTEST_SKIP() << GetParam().name << " enforces no keys";
  start(make_ulid(), plan_of());
  ASSERT_TRUE(write(0, 0, 10));
  const auto second = write(1, 5, 15);
  const Status finished = second ? session_->finish(plan_.tables[0]) : Status{};
  ASSERT_FALSE(second && finished);
  const Error& error = second ? finished.error() : second.error();
  EXPECT_EQ(error.kind, ErrorKind::kConflict) << error.message;
}

TEST_P(EndpointContract, ChunksCoverEveryRowOnce) {
  migrate(make_ulid(), IfExists::kFail, 0, 10'000);
  const auto session = endpoint_->read();
  ASSERT_TRUE(session) << session.error().message;
  const auto inventory = (*session)->inspect();
  ASSERT_TRUE(inventory) << inventory.error().message;
  ASSERT_EQ(inventory->tables.size(), 1U);
  Table table = inventory->tables[0];
  EXPECT_EQ((*session)->count(table).value(), 10'000U);
  ASSERT_TRUE((*session)->survey(table));
  EXPECT_EQ(table.rows.value_or(10'000U), 10'000U);
  const auto chunks = (*session)->chunks(table, 3000);
  ASSERT_TRUE(chunks) << chunks.error().message;
  Digest sum;
  for (const ChunkRange& range : *chunks) {
    const auto relation = (*session)->relation(table, &range, ReadPath::kFast);
    ASSERT_TRUE(relation) << relation.error().message;
    sum += expected("SELECT id, name FROM " + *relation);
  }
  EXPECT_EQ(sum, expected(rows_sql(0, 10'000)));
}

TEST_P(EndpointContract, FingerprintChangesWithTheContent) {
  if (!GetParam().vouches) GTEST_SKIP() << GetParam().name << " cannot vouch after its session";
  migrate(make_ulid(), IfExists::kFail, 0, 10);
  std::string before;
  {
    const auto session = endpoint_->read();
    ASSERT_TRUE(session);
    before = *(*session)->fingerprint();
  }
  EXPECT_NE(before, "");
  migrate(make_ulid(), IfExists::kReplace, 0, 11);
  session_.reset();
  const auto session = endpoint_->read();
  ASSERT_TRUE(session);
  EXPECT_NE(*(*session)->fingerprint(), before);
}

TEST_P(EndpointContract, RulesAreHonest) {
  for (int kind = 0; kind < static_cast<int>(TypeKind::kEnum); ++kind) {
    Type type = simple_type(static_cast<TypeKind>(kind));
    if (type.kind == TypeKind::kDecimal) type = decimal_type(10, 2);
    const TypeRule rule = endpoint_->rule(type);
    const bool held = rule.mapping == Mapping::kExact || rule.mapping == Mapping::kWidened;
    EXPECT_EQ(held, !rule.native_type.empty() && rule.mapping != Mapping::kLossy)
        << to_string(type) << " native \"" << rule.native_type << "\"";
    if (!held) { EXPECT_FALSE(rule.remedies.empty()) << to_string(type); }
    if (rule.mapping != Mapping::kExact) { EXPECT_NE(rule.reason, "") << to_string(type); }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EndpointContract, ::testing::ValuesIn(all_quirks()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace sluice::testing
