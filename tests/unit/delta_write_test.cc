// What is written into a Delta table's log: actions and statistics as literals, what stands against
// a commit, and processes that race for versions.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "format/delta/partition_value.h"
#include "format/delta/write_actions.h"
#include "format/delta/write_gate.h"
#include "format/delta/write_schema.h"
#include "format/delta/write_stats.h"
#include "lake_catalog/delta_commit.h"
#include "lake_catalog/delta_log.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema =
    R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]})";

AddFile file_of(const std::string& path, std::uint64_t rows = 3) {
  AddFile out;
  out.path = path;
  out.bytes = 9;
  out.modified_ms = 8;
  out.stats = stats_text(rows, {});
  return out;
}

TEST(DeltaWriteActions, EachIsALineWithTheCommitInfoFirst) {
  Actions actions;
  actions.commit_info = CommitInfo{};
  actions.commit_info->operation = "WRITE";
  actions.commit_info->timestamp_ms = 5;
  actions.commit_info->in_commit_timestamp_ms = 6;
  actions.commit_info->engine_info = "sluice/1";
  actions.commit_info->transaction_id = "t";
  actions.commit_info->parameters = {{"mode", "Append"}};
  actions.txns.push_back({"app", 1, 7});
  actions.adds.push_back(file_of("a%20b"));
  actions.adds[0].partition_values = {{"p", "x\"y"}, {"q", std::nullopt}};
  actions.removes.push_back(remove_of(actions.adds[0], 4));
  EXPECT_EQ(commit_text(actions),
            R"({"commitInfo":{"inCommitTimestamp":6,"timestamp":5,"operation":"WRITE",)"
            R"("operationParameters":{"mode":"Append"},"engineInfo":"sluice/1","txnId":"t"}})"
            "\n"
            R"({"txn":{"appId":"app","version":1,"lastUpdated":7}})"
            "\n"
            R"({"remove":{"path":"a%20b","deletionTimestamp":4,"dataChange":true,)"
            R"("extendedFileMetadata":true,"partitionValues":{"p":"x\"y","q":null},"size":9}})"
            "\n"
            R"({"add":{"path":"a%20b","partitionValues":{"p":"x\"y","q":null},"size":9,)"
            R"("modificationTime":8,"dataChange":true,"stats":"{\"numRecords\":3,\"minValues\":{},)"
            R"(\"maxValues\":{},\"nullCount\":{}}"}})"
            "\n");
}

TEST(DeltaWriteActions, AreReadAgain) {
  Actions actions;
  actions.protocol = protocol_for({{"t", simple_type(TypeKind::kTimestamp), false, ""}});
  actions.metadata = Metadata{};
  actions.metadata->id = "i";
  actions.metadata->schema_string = kSchema;
  actions.metadata->partition_columns = {"a"};
  actions.metadata->configuration = {{"k", "v"}};
  actions.domains.push_back({"d", "{}", false});
  actions.adds.push_back(file_of("f"));
  actions.adds[0].deletion_vector =
      std::make_shared<DeletionVectorDescriptor>(DeletionVectorDescriptor{'u', "x", 4, 40, 2});
  actions.adds[0].base_row_id = 12;
  const std::string text = commit_text(actions);
  const auto again = parse_actions(PaddedText(text), "f");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(commit_text(*again), text);
  EXPECT_EQ(again->protocol->writer_features,
            (std::vector<std::string>{"timestampNtz", "invariants"}));
}

// The statistics of one column "c".
std::string bounds(const Type& type, const std::string& min, const std::string& max,
                   bool has_nan = false) {
  const std::string all = stats_text(2, {{{"c"}, type, min, max, 0, has_nan}});
  const std::size_t begin = all.find("\"minValues\"");
  return all.substr(begin, all.find(",\"nullCount\"") - begin);
}

std::string both(const std::string& min, const std::string& max) {
  return "\"minValues\":{\"c\":" + min + "},\"maxValues\":{\"c\":" + max + "}";
}

const std::string kNoBounds = "\"minValues\":{},\"maxValues\":{}";

TEST(DeltaWriteStats, TextsAreCutAndStillBound) {
  const Type text = simple_type(TypeKind::kText);
  const std::string a32(32, 'a');
  EXPECT_EQ(bounds(text, a32, a32), both('"' + a32 + '"', '"' + a32 + '"'));
  EXPECT_EQ(bounds(text, a32 + "b", a32 + "b"),
            both('"' + a32 + '"', '"' + a32 + "\xF4\x8F\xBF\xBF\""));
  // Characters, not bytes.
  std::string wide;
  for (int i = 0; i < 32; ++i) wide += "ü";
  EXPECT_EQ(bounds(text, wide, wide), both('"' + wide + '"', '"' + wide + '"'));
  // What follows is as high as the tie-breaker, which alone would be below it.
  const std::string high = a32 + "\xF4\x8F\xBF\xBF" + "z";
  EXPECT_EQ(bounds(text, "a", high),
            both("\"a\"", '"' + a32 + "\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\""));
  EXPECT_EQ(bounds(text, "", "q\"\n"), both("\"\"", R"("q\"\n")"));
}

TEST(DeltaWriteStats, TimesAreRoundedAwayFromTheValues) {
  const Type instant = simple_type(TypeKind::kTimestampTz);
  EXPECT_EQ(bounds(instant, "2020-01-01 00:00:00.123456+00", "2020-01-01 00:00:00.123456+00"),
            both("\"2020-01-01T00:00:00.123Z\"", "\"2020-01-01T00:00:00.124Z\""));
  EXPECT_EQ(bounds(simple_type(TypeKind::kTimestamp), "1969-12-31 23:59:59.9995",
                   "1969-12-31 23:59:59.9995"),
            both("\"1969-12-31T23:59:59.999\"", "\"1970-01-01T00:00:00.000\""));
  EXPECT_EQ(bounds(instant, "infinity", "infinity"), kNoBounds);
  EXPECT_EQ(bounds(simple_type(TypeKind::kDate), "0001-01-01", "9999-12-31"),
            both("\"0001-01-01\"", "\"9999-12-31\""));
  EXPECT_EQ(bounds(simple_type(TypeKind::kDate), "0001-01-01 BC", "10000-01-01"), kNoBounds);
  EXPECT_EQ(bounds(simple_type(TypeKind::kTimestamp), "9999-12-31 23:59:59.999999",
                   "9999-12-31 23:59:59.999999"),
            "\"minValues\":{\"c\":\"9999-12-31T23:59:59.999\"},\"maxValues\":{}");
}

TEST(DeltaWriteStats, NumbersAreExactOrLeftOut) {
  const Type number = simple_type(TypeKind::kFloat64);
  EXPECT_EQ(bounds(number, "-0.0", "0.0"), both("-0.0", "0.0"));
  EXPECT_EQ(bounds(number, "0.0", "-0.0"), both("-0.0", "0.0"));
  EXPECT_EQ(bounds(number, "1.0", "2.5", true), kNoBounds);
  EXPECT_EQ(bounds(number, "-inf", "inf"), kNoBounds);
  EXPECT_EQ(bounds(simple_type(TypeKind::kInt64), "-9223372036854775808", "9223372036854775807"),
            both("-9223372036854775808", "9223372036854775807"));
  EXPECT_EQ(bounds(decimal_type(10, 2), "-1.50", "1.25"), both("-1.50", "1.25"));
  EXPECT_EQ(bounds(decimal_type(38, 0), "1234567890123456", "1"),
            "\"minValues\":{},\"maxValues\":{\"c\":1}");
  EXPECT_EQ(bounds(simple_type(TypeKind::kBoolean), "false", "true"), kNoBounds);
  EXPECT_EQ(bounds(simple_type(TypeKind::kBlob), "a", "b"), kNoBounds);
}

TEST(DeltaWriteStats, PartsOfStructsAreNested) {
  const Type number = simple_type(TypeKind::kInt64);
  EXPECT_EQ(stats_text(4, {{{"s", "a\"b"}, number, "1", "2", 1}, {{"s", "c"}, number, {}, {}, 4}}),
            R"({"numRecords":4,"minValues":{"s":{"a\"b":1}},"maxValues":{"s":{"a\"b":2}},)"
            R"("nullCount":{"s":{"a\"b":1,"c":4}}})");
}

TEST(DeltaPartitionText, IsReadAgainOrRefused) {
  const auto text = [](const Type& type, const std::string& value) {
    const auto out = partition_text(type, value);
    return out ? out->value_or("NULL") : "refused";
  };
  EXPECT_EQ(text(simple_type(TypeKind::kText), "a/b=%ü"), "a/b=%ü");
  EXPECT_EQ(text(simple_type(TypeKind::kText), ""), "refused");
  EXPECT_EQ(text(simple_type(TypeKind::kDate), "2020-02-29"), "2020-02-29");
  EXPECT_EQ(text(simple_type(TypeKind::kDate), "infinity"), "refused");
  EXPECT_EQ(text(simple_type(TypeKind::kTimestamp), "2020-01-01 00:00:00.5"),
            "2020-01-01 00:00:00.5");
  EXPECT_EQ(text(simple_type(TypeKind::kTimestampTz), "2020-01-01 00:00:00.000001+00"),
            "2020-01-01T00:00:00.000001Z");
  EXPECT_EQ(text(simple_type(TypeKind::kBoolean), "true"), "true");
  EXPECT_EQ(text(simple_type(TypeKind::kFloat64), "1.5"), "refused");
  EXPECT_EQ(text(simple_type(TypeKind::kBlob), "x"), "refused");
  EXPECT_FALSE(*partition_text(simple_type(TypeKind::kText), std::nullopt));
}

struct GateCase {
  Protocol protocol;
  StringMap properties;
  std::string schema = kSchema;
};

std::string refusal(const GateCase& one, WriteKind kind) {
  Metadata metadata;
  metadata.schema_string = one.schema;
  metadata.configuration = one.properties;
  const auto schema = read_schema(metadata, one.protocol, "t");
  if (!schema) return schema.error().message;
  const Status done = check_can_write(one.protocol, metadata, *schema, kind, "t");
  if (done) return "";
  EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
  return done.error().message;
}

Protocol features(std::vector<std::string> names) {
  Protocol out;
  out.reader_version = 3;
  out.writer_version = 7;
  out.reader_features.emplace();
  out.writer_features = std::move(names);
  return out;
}

TEST(DeltaWriteGate, RefusesByNameWhatIsNotEnforced) {
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_EQ(
      refusal({features({"appendOnly", "rowTracking", "domainMetadata"}), {}}, WriteKind::kMerge),
      "");
  EXPECT_TRUE(has(refusal({features({"zstdMagic", "appendOnly"}), {}}, WriteKind::kAppend),
                  "\"zstdMagic\""));
  EXPECT_TRUE(has(refusal({{1, 8, {}, {}}, {}}, WriteKind::kAppend), "version 8"));
  const GateCase append_only{{1, 2, {}, {}}, {{"delta.appendOnly", "true"}}};
  EXPECT_EQ(refusal(append_only, WriteKind::kAppend), "");
  EXPECT_TRUE(has(refusal(append_only, WriteKind::kReplace), "delta.appendOnly"));
  EXPECT_TRUE(has(refusal({{1, 3, {}, {}}, {{"delta.constraints.c", "a > 0"}}}, WriteKind::kAppend),
                  "CHECK (a > 0)"));
  const GateCase feed{{1, 4, {}, {}}, {{"delta.enableChangeDataFeed", "true"}}};
  EXPECT_EQ(refusal(feed, WriteKind::kReplace), "");
  EXPECT_TRUE(has(refusal(feed, WriteKind::kMerge), "delta.enableChangeDataFeed"));
  const auto column = [](const std::string& metadata) {
    return R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":)" +
           metadata + "}]}";
  };
  EXPECT_TRUE(has(refusal({{1, 4, {}, {}}, {}, column(R"({"delta.generationExpression":"1"})")},
                          WriteKind::kAppend),
                  "is generated"));
  EXPECT_TRUE(has(
      refusal({{1, 6, {}, {}}, {}, column(R"({"delta.identity.start":1})")}, WriteKind::kAppend),
      "identity"));
}

TEST(DeltaCommitRules, OnlyWhatWasReliedUponStandsAgainst) {
  TableChange append;
  append.actions.adds.push_back(file_of("mine"));
  TableChange merge = append;
  merge.depends_on_rows = true;
  merge.actions.removes.push_back(remove_of(file_of("old"), 1));
  Actions others;
  others.adds.push_back(file_of("theirs"));
  EXPECT_TRUE(check_meanwhile(append, others, 4, "t"));
  EXPECT_EQ(check_meanwhile(merge, others, 4, "t").error().kind, ErrorKind::kConflict);
  others.adds[0].data_change = false;  // their compaction
  EXPECT_TRUE(check_meanwhile(merge, others, 4, "t"));
  others.removes.push_back(remove_of(file_of("old"), 1));
  others.removes[0].data_change = false;
  EXPECT_NE(check_meanwhile(merge, others, 4, "t").error().message.find("\"old\""),
            std::string::npos);
  EXPECT_TRUE(check_meanwhile(append, others, 4, "t"));
  others = {};
  others.metadata = Metadata{};
  EXPECT_EQ(check_meanwhile(append, others, 4, "t").error().kind, ErrorKind::kConflict);
}

TEST(DeltaCommitRules, TimesGrowAndRowsGetNumbers) {
  Actions actions;
  actions.adds = {file_of("a", 3), file_of("b", 2)};
  actions.adds[1].base_row_id = 1;  // it comes back with what it had
  actions.adds[1].default_row_commit_version = 2;
  actions.adds.push_back(file_of("c", 1));
  const auto out = placed(actions, {7, 100, true, 100, 9});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->commit_info->in_commit_timestamp_ms, 101);
  EXPECT_EQ(out->adds[0].base_row_id, 10);
  EXPECT_EQ(out->adds[0].default_row_commit_version, 7);
  EXPECT_EQ(out->adds[1].base_row_id, 1);
  EXPECT_EQ(out->adds[1].default_row_commit_version, 2);
  EXPECT_EQ(out->adds[2].base_row_id, 13);
  ASSERT_EQ(out->domains.size(), 1U);
  EXPECT_EQ(out->domains[0].configuration, R"({"rowIdHighWaterMark":13})");
}

class DeltaCommitTest : public testing::Test {
 protected:
  DeltaCommitTest() {
    std::string pattern = (fs::temp_directory_path() / "sluice-delta-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~DeltaCommitTest() override { fs::remove_all(folder_); }

  static TableChange creation() {
    TableChange out;
    out.actions.protocol = Protocol{1, 2, {}, {}};
    out.actions.metadata = Metadata{};
    out.actions.metadata->id = "i";
    out.actions.metadata->schema_string = kSchema;
    return out;
  }

  Result<DeltaCommitted> commit(const TableChange& change, const Snapshot* base,
                                Engine& engine) const {
    return commit_delta({folder_, "t", change, base, "RUN"}, engine);
  }

  Snapshot newest(Engine& engine) const {
    const auto log = DeltaLog::open(folder_, "t", engine);
    return log->load(*log->newest()).value();
  }

  // Appends files with names of its own, each in a commit.
  void append(int writer, int commits) const {
    const auto engine = Engine::open({}).value();
    const Snapshot base = newest(*engine);
    for (int i = 0; i < commits; ++i) {
      TableChange change;
      change.actions.adds.push_back(file_of(std::to_string(writer) + "-" + std::to_string(i)));
      if (!commit(change, &base, *engine)) ::_exit(1);
    }
  }

  fs::path folder_;
};

TEST_F(DeltaCommitTest, ANewTableIsMadeOnce) {
  const auto engine = Engine::open({}).value();
  ASSERT_TRUE(commit(creation(), nullptr, *engine));
  const auto second = commit(creation(), nullptr, *engine);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kExists);
  EXPECT_EQ(newest(*engine).version, 0);
}

TEST_F(DeltaCommitTest, WhoFindsItsOwnTransactionHasCommitted) {
  const auto engine = Engine::open({}).value();
  const auto done = commit(creation(), nullptr, *engine);
  ASSERT_TRUE(done);
  const std::string mine = done->actions.commit_info->transaction_id;
  EXPECT_EQ(put_delta_version({folder_, 0, "{}", mine, "RUN"}), CommitOutcome::kCommitted);
  EXPECT_EQ(put_delta_version({folder_, 0, "{}", "another", "RUN"}), CommitOutcome::kConflict);
}

TEST_F(DeltaCommitTest, ProcessesThatRaceLoseNothing) {
  constexpr int kWriters = 2;
  constexpr int kCommits = 40;
  ASSERT_TRUE(commit(creation(), nullptr, *Engine::open({}).value()));
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    children.push_back(::fork());
    if (children.back() == 0) {
      append(writer, kCommits);
      ::_exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto engine = Engine::open({}).value();
  const Snapshot end = newest(*engine);
  EXPECT_EQ(end.version, kWriters * kCommits);
  std::set<std::string> paths;
  for (const LiveFile& file : end.files) paths.insert(file.add.path);
  EXPECT_EQ(paths.size(), static_cast<std::size_t>(kWriters * kCommits));
  // Nothing but commits and checkpoints is left.
  for (const auto& entry : fs::directory_iterator(folder_ / "_delta_log")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
  EXPECT_TRUE(fs::exists(folder_ / "_delta_log/00000000000000000080.checkpoint.parquet"));
  // What the checkpoint tells alone is the same.
  for (int version = 0; version <= end.version; ++version) {
    fs::remove(folder_ / "_delta_log" / commit_name(version));
  }
  EXPECT_EQ(newest(*engine).files.size(), paths.size());
}

}  // namespace
}  // namespace sluice::delta
