// A Delta table's log as data: which files make a version, what their actions are, and what a table
// is then.
#include <gtest/gtest.h>

#include "format/delta/commit_times.h"
#include "format/delta/log_files.h"
#include "format/delta/parse_actions.h"
#include "format/delta/protocol.h"
#include "format/delta/replay.h"

namespace sluice::delta {
namespace {

const std::string kUuid = "6374b053-df23-479b-b2cf-c9c550132b49";

std::string digits(Version version) { return commit_name(version).substr(0, 20); }

LogListing listing_of(const std::vector<std::string>& names) {
  std::vector<ListedFile> files;
  for (const std::string& name : names) files.push_back({name, 1, 0});
  return list_log(files);
}

std::vector<std::string> commits(Version first, Version last) {
  std::vector<std::string> out;
  for (Version version = first; version <= last; ++version) out.push_back(commit_name(version));
  return out;
}

std::vector<std::string> joined(std::vector<std::string> left, std::vector<std::string> right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// "4: 5.json 6-9" for a checkpoint of version 4, a commit and a compaction.
std::string shown(const Result<LogPart>& part) {
  if (!part) return std::string(to_string(part.error().kind)) + ": " + part.error().message;
  std::string out = part->checkpoint ? std::to_string(part->checkpoint->version) + ":" : "";
  for (const JsonPart& file : part->files) {
    out += " " + std::to_string(file.first);
    if (file.last != file.first) out += "-" + std::to_string(file.last);
  }
  return out;
}

std::string chosen(const std::vector<std::string>& names,
                   std::optional<Version> version = std::nullopt) {
  return shown(choose_log(listing_of(names), version, "t"));
}

TEST(DeltaLogFiles, NamesThatAreNoneOfTheLogArePassedOver) {
  const LogListing listing = listing_of(
      {"7.json", digits(1) + ".json.tmp", digits(1) + ".crc", "_last_checkpoint", ".json", "",
       digits(1) + ".checkpoint.parquet.tmp", digits(1) + ".checkpoint.short.parquet",
       digits(3) + "." + digits(2) + ".compacted.json", digits(1) + "x.json",
       "99999999999999999999.json", digits(1) + ".checkpoint.0000000003.0000000002.parquet"});
  EXPECT_TRUE(listing.is_empty());
  EXPECT_TRUE(listing.compacted.empty());
  EXPECT_EQ(chosen({}), "not_found: table \"t\": its log is empty");
}

TEST(DeltaLogFiles, CommitsAloneMakeAVersion) {
  EXPECT_EQ(chosen(commits(0, 3)), " 0 1 2 3");
  EXPECT_EQ(chosen(commits(0, 3), 1), " 0 1");
  EXPECT_EQ(chosen(commits(0, 3), 4),
            "not_found: table \"t\": there is no version 4, the newest is 3");
}

TEST(DeltaLogFiles, TheNewestCheckpointThatIsNotNewerIsTheBeginning) {
  const auto names = joined(commits(0, 9), {digits(3) + ".checkpoint.parquet",
                                            digits(6) + ".checkpoint." + kUuid + ".json"});
  EXPECT_EQ(chosen(names), "6: 7 8 9");
  EXPECT_EQ(chosen(names, 6), "6:");
  EXPECT_EQ(chosen(names, 5), "3: 4 5");
  EXPECT_EQ(chosen(names, 2), " 0 1 2");
}

TEST(DeltaLogFiles, OnlyWholeMultiPartCheckpointsCount) {
  const std::string part = digits(2) + ".checkpoint.000000000";
  EXPECT_EQ(chosen(joined(commits(0, 3), {part + "1.0000000002.parquet"})), " 0 1 2 3");
  EXPECT_EQ(
      chosen(joined(commits(0, 3), {part + "2.0000000002.parquet", part + "1.0000000002.parquet"})),
      "2: 3");
  // Parts of two writers do not mix.
  EXPECT_EQ(
      chosen(joined(commits(0, 3), {part + "2.0000000002.parquet", part + "1.0000000003.parquet"})),
      " 0 1 2 3");
}

TEST(DeltaLogFiles, CompactionsStandForTheirCommitsWithinAVersion) {
  const auto names = joined(commits(0, 9), {digits(2) + "." + digits(4) + ".compacted.json",
                                            digits(2) + "." + digits(6) + ".compacted.json"});
  EXPECT_EQ(chosen(names), " 0 1 2-6 7 8 9");
  EXPECT_EQ(chosen(names, 5), " 0 1 2-4 5");
  EXPECT_EQ(chosen(names, 3), " 0 1 2 3");
}

TEST(DeltaLogFiles, GapsAreNamed) {
  auto names = commits(0, 4);
  names.erase(names.begin() + 2);
  EXPECT_EQ(chosen(names), "corrupt: table \"t\": the versions of its log are not contiguous: " +
                               commit_name(2) + " is missing, before " + commit_name(3));
  EXPECT_EQ(chosen(names, 1), " 0 1");
  EXPECT_EQ(chosen(joined({digits(2) + ".checkpoint.parquet"}, {commit_name(4)})),
            "corrupt: table \"t\": the versions of its log are not contiguous: " + commit_name(3) +
                " is missing, before " + commit_name(4));
  EXPECT_EQ(chosen(joined(commits(5, 9), {digits(7) + ".checkpoint.parquet"}), 6),
            "not_found: table \"t\": version 6 can no longer be read, the earliest is 7");
}

Result<Actions> parsed(const std::string& text) { return parse_actions(PaddedText(text), "f"); }

TEST(DeltaActions, EachKindIsRead) {
  const auto found =
      parsed(R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
             R"("readerFeatures":["a"],"writerFeatures":["a","b"]}}
{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"s",)"
             R"("partitionColumns":["p"],"configuration":{"k":"v"},"createdTime":5}}

{"add":{"path":"x%20y","partitionValues":{"p":null,"q":""},"size":9,"modificationTime":8,)"
             R"("dataChange":false,"stats":"{\"numRecords\":3}","tags":{"a":"b"},)"
             R"("deletionVector":{"storageType":"u","pathOrInlineDv":"d","offset":1,)"
             R"("sizeInBytes":2,"cardinality":3},"baseRowId":4,"unheardOf":[1]}}
{"remove":{"path":"z","deletionTimestamp":7,"dataChange":true,"extendedFileMetadata":true}}
{"txn":{"appId":"app","version":12,"lastUpdated":null}}
{"domainMetadata":{"domain":"d","configuration":"{}","removed":true}}
{"commitInfo":{"timestamp":1,"inCommitTimestamp":2,"operation":"WRITE","userName":5}}
{"cdc":{"path":"c"}}
{"somethingNew":{}})");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->protocol && found->metadata && found->commit_info);
  EXPECT_EQ(found->protocol->writer_features, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found->metadata->property("k"), "v");
  EXPECT_EQ(found->metadata->partition_columns, std::vector<std::string>{"p"});
  ASSERT_EQ(found->adds.size(), 1U);
  const AddFile& add = found->adds[0];
  EXPECT_EQ(add.path, "x%20y");
  EXPECT_EQ(add.partition_values, (PartitionValues{{"p", std::nullopt}, {"q", ""}}));
  EXPECT_EQ(add.stats, "{\"numRecords\":3}");
  EXPECT_FALSE(add.data_change);
  ASSERT_TRUE(add.deletion_vector);
  EXPECT_EQ(add.deletion_vector->unique_id(), "ud@1");
  EXPECT_EQ(add.base_row_id, 4);
  EXPECT_EQ(found->removes.at(0).deleted_ms, 7);
  EXPECT_EQ(found->txns.at(0).version, 12);
  EXPECT_TRUE(found->domains.at(0).removed);
  EXPECT_EQ(found->commit_info->in_commit_timestamp_ms, 2);
  EXPECT_EQ(found->commit_info->user_name, "");
}

TEST(DeltaActions, WhatIsDamagedIsNamedWithItsLine) {
  for (const std::string text :
       {"{\"add\":", "5", "{\"add\":{}}", "{\"add\":{\"path\":5}}", "{\"remove\":{\"size\":1}}",
        "{\"txn\":{\"appId\":1}}", "{\"add\":{\"path\":\"\\ud800\"}}",
        "{\"metaData\":{\"id\":\"a\"},\"metaData\":{\"id\":\"b\"}}"}) {
    const auto found = parsed("{\"cdc\":{}}\n" + text + "\n");
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt) << text;
    EXPECT_TRUE(found.error().message.starts_with("f, line 2: ")) << found.error().message;
  }
}

std::string file(const std::string& kind, const std::string& path, const std::string& vector = "") {
  std::string out = "{\"" + kind + "\":{\"path\":\"" + path + "\"";
  if (!vector.empty()) {
    out += ",\"deletionVector\":{\"storageType\":\"u\",\"pathOrInlineDv\":\"" + vector + "\"}";
  }
  return out + "}}\n";
}

const std::string kHead =
    "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n"
    "{\"metaData\":{\"id\":\"i\",\"schemaString\":\"s\"}}\n";

// "a b/uV" for the files that a log ends with, with their vectors.
std::string replayed(const std::vector<std::string>& versions) {
  Replay replay;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    auto actions = parsed((i == 0 ? kHead : "") + versions[i]);
    EXPECT_TRUE(actions.has_value()) << versions[i];
    replay.apply(std::move(*actions), static_cast<Version>(i));
  }
  auto found = std::move(replay).take(static_cast<Version>(versions.size()) - 1, "t");
  EXPECT_TRUE(found.has_value());
  std::string out;
  for (const LiveFile& one : found->files) {
    out += (out.empty() ? "" : " ") + one.add.path;
    if (one.add.deletion_vector) out += "/" + one.add.deletion_vector->unique_id();
  }
  return out;
}

TEST(DeltaReplay, FilesComeGoAndComeBack) {
  EXPECT_EQ(replayed({file("add", "a") + file("add", "b"), file("remove", "a")}), "b");
  EXPECT_EQ(replayed({file("add", "a"), file("remove", "a"), file("add", "a")}), "a");
  EXPECT_EQ(replayed({file("add", "a"), file("add", "a")}), "a");
  // Within a version the order means nothing.
  EXPECT_EQ(replayed({file("add", "a"), file("add", "a", "V") + file("remove", "a")}), "a/uV");
  EXPECT_EQ(replayed({file("add", "a"), file("remove", "a") + file("add", "a", "V")}), "a/uV");
}

TEST(DeltaReplay, AFileIsItsPathWithItsDeletionVector) {
  // The remove is of the file without a vector, which is no longer in the table.
  EXPECT_EQ(replayed({file("add", "a", "V"), file("remove", "a")}), "a/uV");
  EXPECT_EQ(replayed({file("add", "a", "V"), file("remove", "a", "V")}), "");
  EXPECT_EQ(replayed({file("add", "a", "V"), file("add", "a", "W") + file("remove", "a", "V")}),
            "a/uW");
}

TEST(DeltaReplay, ATableNeedsAProtocolAndMetadata) {
  Replay replay;
  auto actions = parsed("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}");
  replay.apply(std::move(*actions), 0);
  const auto found = std::move(replay).take(0, "t");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "table \"t\": its log has no metaData action up to version 0");
}

TEST(DeltaReplay, OfTransactionsAndDomainsTheNewestCounts) {
  Replay replay;
  replay.apply(*parsed(kHead + R"({"txn":{"appId":"a","version":1}}
{"domainMetadata":{"domain":"d","configuration":"1","removed":false}}
{"domainMetadata":{"domain":"e","configuration":"1","removed":false}})"),
               0);
  replay.apply(*parsed(R"({"txn":{"appId":"a","version":5}}
{"domainMetadata":{"domain":"d","configuration":"","removed":true}})"),
               1);
  const auto found = std::move(replay).take(1, "t");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->txns.size(), 1U);
  EXPECT_EQ(found->txns[0].version, 5);
  ASSERT_EQ(found->domains.size(), 1U);
  EXPECT_EQ(found->domains[0].domain, "e");
}

TEST(DeltaReplay, OfACompactionTheFirstWordCounts) {
  const auto found = parse_compacted(
      PaddedText(file("remove", "a") + file("add", "b", "V") + file("add", "a") + file("add", "b") +
                 kHead + "{\"metaData\":{\"id\":\"older\"}}\n" + file("remove", "b", "V")),
      "f");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->adds.size(), 2U);
  EXPECT_EQ(found->adds[0].path, "b");
  EXPECT_FALSE(found->adds[1].deletion_vector);
  ASSERT_EQ(found->removes.size(), 1U);
  EXPECT_EQ(found->metadata->id, "i");
}

Status can_read(const std::string& protocol) {
  const auto actions = parsed("{\"protocol\":{" + protocol + "}}");
  return check_can_read(*actions->protocol, Metadata(), "t");
}

TEST(DeltaProtocol, WhatIsNotKnownIsRefusedByName) {
  EXPECT_TRUE(can_read(R"("minReaderVersion":2,"minWriterVersion":5)"));
  EXPECT_TRUE(can_read(R"("minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[)"
                       R"("deletionVectors","columnMapping","v2Checkpoint","timestampNtz",)"
                       R"("typeWidening","vacuumProtocolCheck"],"writerFeatures":["new"])"));
  const auto unknown = can_read(R"("minReaderVersion":3,"minWriterVersion":7,)"
                                R"("readerFeatures":["rowMagic","deletionVectors"])");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUnsupported);
  EXPECT_TRUE(unknown.error().message.ends_with("does not know: \"rowMagic\""));
  const auto managed = can_read(R"("minReaderVersion":3,"minWriterVersion":7,)"
                                R"("readerFeatures":["catalogManaged"])");
  ASSERT_FALSE(managed);
  EXPECT_NE(managed.error().message.find("managed by a catalog"), std::string::npos);
  EXPECT_EQ(can_read(R"("minReaderVersion":3,"minWriterVersion":7)").error().kind,
            ErrorKind::kCorrupt);
  EXPECT_EQ(can_read(R"("minReaderVersion":0,"minWriterVersion":7)").error().kind,
            ErrorKind::kUnsupported);
}

TEST(DeltaCommitTimes, AreThoseOfFilesOrOfTheCommitsThemselves) {
  const std::vector<CommitTime> commits = {{0, 100, 5}, {1, 90, {}}, {2, 200, 300}, {3, 1, 301}};
  EXPECT_EQ(*times_of(commits, std::nullopt, "t"), (std::vector<std::int64_t>{100, 101, 200, 201}));
  EXPECT_EQ(*times_of(commits, 2, "t"), (std::vector<std::int64_t>{100, 101, 300, 301}));
  EXPECT_EQ(times_of(commits, 1, "t").error().kind, ErrorKind::kCorrupt);
}

TEST(DeltaCommitTimes, MomentsAreIsoTimes) {
  EXPECT_EQ(*parse_moment("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(*parse_moment("1970-01-02"), 86'400'000);
  EXPECT_EQ(*parse_moment("1970-01-01 02:00:00+02:00"), 0);
  EXPECT_EQ(*parse_moment("1969-12-31T23:59:59.9999Z"), -1);
  EXPECT_EQ(parse_moment("yesterday").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(moment_text(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(moment_text(1'700'000'000'007), "2023-11-14T22:13:20.007Z");
}

}  // namespace
}  // namespace sluice::delta
