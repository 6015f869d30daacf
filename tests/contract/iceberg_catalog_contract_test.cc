// Every promise of lake_catalog/iceberg_catalog.h on every kind of catalog; REST's is a Nessie.
#include <algorithm>
#include <set>
#include <thread>

#include "contract/iceberg_catalog_fixture.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// Metadata files below a folder.
std::set<std::string> metadata_files(const fs::path& folder) {
  std::set<std::string> out;
  if (!fs::exists(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".metadata.json")) out.insert("file://" + path);
  }
  return out;
}

TEST_P(IcebergCatalogTest, NamespacesAreMadeListedAndDroppedWhenEmpty) {
  const auto catalog = open();
  EXPECT_TRUE(has(*catalog->namespaces(), space()));
  EXPECT_EQ(catalog->create_namespace(space(), {}).error().kind, ErrorKind::kExists);
  const std::string inner = space() + ".a.b";
  ASSERT_TRUE(catalog->create_namespace(inner, {{"owner", "o'brien"}}));
  EXPECT_TRUE(has(*catalog->namespaces(), inner));
  EXPECT_EQ(catalog->properties(inner)->at("owner"), "o'brien");
  EXPECT_EQ(catalog->properties(space() + "x").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog->drop_namespace(space()).error().kind, ErrorKind::kConflict);
  ASSERT_TRUE(catalog->drop_namespace(inner));
  EXPECT_FALSE(has(*catalog->namespaces(), inner));
  ASSERT_TRUE(catalog->drop_namespace(inner));
  EXPECT_TRUE(catalog->tables(space() + "x")->empty());
}

TEST_P(IcebergCatalogTest, AStagedTableIsSeenOnceItIsCommitted) {
  const auto catalog = open();
  const auto staged = catalog->stage(name("t"), new_table());
  ASSERT_TRUE(staged) << staged.error().message;
  EXPECT_FALSE(staged->metadata.location.empty());
  EXPECT_FALSE(*catalog->load(name("t")));
  EXPECT_TRUE(catalog->tables(space())->empty());
  const IcebergChange create{
      name("t"), staged->metadata, {}, {iceberg::SetProperties{{{"k", "v"}}}}};
  const auto done = catalog->commit({create});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(done->landed, 1U);
  const auto table = catalog->load(name("t"));
  ASSERT_TRUE(table && *table);
  const iceberg::TableMetadata& made = (*table)->metadata;
  EXPECT_EQ(made.table_uuid, staged->metadata.table_uuid);
  EXPECT_EQ(made.location, staged->metadata.location);
  EXPECT_EQ(made.format_version, 2);
  EXPECT_EQ(made.schema().columns, staged->metadata.schema().columns);
  EXPECT_EQ(made.spec().fields.at(0).name, "id_bucket");
  EXPECT_EQ(made.find_sort_order(made.default_sort_order_id)->fields.size(), 1U);
  EXPECT_EQ(made.properties.at("owner"), "tests");
  EXPECT_EQ(made.properties.at("k"), "v");
  EXPECT_EQ(*catalog->tables(space()), std::vector<std::string>{"t"});
  EXPECT_EQ(catalog->stage(name("t"), new_table()).error().kind, ErrorKind::kExists);
  const auto again = catalog->commit({create});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->outcome, CommitOutcome::kConflict);
}

TEST_P(IcebergCatalogTest, AChangeGoesOnTopOfWhatOthersDidWhereItsRequirementsHold) {
  const auto catalog = open();
  const IcebergTable seen = make(*catalog, "t");
  const auto others = open();
  ASSERT_EQ(others->commit({set(seen, "theirs", "1")})->outcome, CommitOutcome::kCommitted);
  const auto ours = catalog->commit({append(seen, 11)});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(ours->outcome, CommitOutcome::kCommitted);
  const auto stale = others->commit({append(seen, 12)});
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_EQ(stale->outcome, CommitOutcome::kConflict);
  ASSERT_TRUE(stale->cause);
  const auto now = catalog->load(seen.name);
  EXPECT_EQ((*now)->metadata.properties.at("theirs"), "1");
  EXPECT_EQ((*now)->metadata.current_snapshot_id, 11);
  EXPECT_EQ((*now)->metadata.find_snapshot(12), nullptr);
  EXPECT_NE((*now)->metadata_location, seen.metadata_location);
}

TEST_P(IcebergCatalogTest, ABatchIsCommittedAsOne) {
  const auto catalog = open();
  ASSERT_TRUE(*catalog->commits_together());
  const IcebergTable a = make(*catalog, "a");
  const IcebergTable b = make(*catalog, "b");
  ASSERT_EQ(catalog->commit({append(b, 1)})->outcome, CommitOutcome::kCommitted);
  const auto refused = catalog->commit({append(a, 21), append(b, 22)});
  ASSERT_TRUE(refused) << refused.error().message;
  EXPECT_EQ(refused->outcome, CommitOutcome::kConflict);
  EXPECT_EQ(refused->landed, 0U);
  EXPECT_FALSE((*catalog->load(a.name))->metadata.current_snapshot_id);
  const auto newer = catalog->load(b.name);
  const auto staged = catalog->stage(name("c"), new_table());
  const auto done =
      catalog->commit({append(a, 21), append(**newer, 22), {name("c"), staged->metadata, {}, {}}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(done->landed, 3U);
  EXPECT_EQ((*catalog->load(a.name))->metadata.current_snapshot_id, 21);
  EXPECT_EQ((*catalog->load(b.name))->metadata.current_snapshot_id, 22);
  EXPECT_TRUE(*catalog->load(name("c")));
}

TEST_P(IcebergCatalogTest, TablesAreRenamedAndDropped) {
  const auto catalog = open();
  const IcebergTable a = make(*catalog, "a");
  const IcebergTable b = make(*catalog, "b");
  EXPECT_EQ(*catalog->rename(a.name, b.name), CommitOutcome::kConflict);
  EXPECT_EQ(*catalog->rename(name("x"), name("y")), CommitOutcome::kConflict);
  EXPECT_EQ(*catalog->rename(a.name, name("c")), CommitOutcome::kCommitted);
  EXPECT_EQ(*catalog->tables(space()), (std::vector<std::string>{"b", "c"}));
  const auto moved = catalog->load(name("c"));
  EXPECT_EQ((*moved)->metadata.table_uuid, a.metadata.table_uuid);
  EXPECT_EQ(catalog->drop_namespace(space()).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(*catalog->drop(**moved), CommitOutcome::kCommitted);
  EXPECT_EQ(*catalog->drop(**moved), CommitOutcome::kConflict);
  EXPECT_FALSE(*catalog->load(name("c")));
}

TEST_P(IcebergCatalogTest, ACommitWhoseAnswerIsLostIsCommittedOnce) {
  const auto quiet = open();
  IcebergTable table = make(*quiet, "t");
  const auto catalog = open({.lost_every = 1});
  for (std::int64_t id = 1; id <= 3; ++id) {
    const auto done = catalog->commit({append(table, id)});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->outcome, CommitOutcome::kCommitted);
    table = **quiet->load(table.name);
    EXPECT_EQ(table.metadata.current_snapshot_id, id);
    EXPECT_EQ(table.metadata.last_sequence_number, id);
  }
  ASSERT_EQ(catalog->commit({set(table, "k", "v")})->outcome, CommitOutcome::kCommitted);
  const auto staged = catalog->stage(name("new"), new_table());
  ASSERT_EQ(catalog->commit({{name("new"), staged->metadata, {}, {}}})->outcome,
            CommitOutcome::kCommitted);
  EXPECT_EQ((*quiet->load(name("new")))->metadata.table_uuid, staged->metadata.table_uuid);
}

TEST_P(IcebergCatalogTest, ACommitThatNeverArrivedIsMade) {
  const auto quiet = open();
  IcebergTable table = make(*quiet, "t");
  for (const CatalogFaults& faults :
       {CatalogFaults{.unsent_every = 2}, CatalogFaults{.unclear_every = 2},
        CatalogFaults{.put_off_every = 2}, CatalogFaults{.lost_every = 3, .unsent_every = 2}}) {
    const auto catalog = open(faults);
    for (int i = 0; i < 4; ++i) {
      const std::int64_t id = table.metadata.last_sequence_number + 1;
      const auto done = catalog->commit({append(table, id)});
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(done->outcome, CommitOutcome::kCommitted);
      table = **quiet->load(table.name);
      EXPECT_EQ(table.metadata.current_snapshot_id, id);
      EXPECT_EQ(table.metadata.last_sequence_number, id);
    }
  }
}

TEST_P(IcebergCatalogTest, OfRacingWritersNoneIsLostAndNoneLeavesFiles) {
  constexpr int kWriters = 4;
  constexpr int kCommits = 6;
  const auto catalog = open();
  const IcebergTable table = make(*catalog, "t");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto own = open({.lost_every = 5});
      for (int i = 0; i < kCommits; ++i) {
        const auto done = own->commit({set(table, std::to_string(writer * 100 + i), "v")});
        ASSERT_TRUE(done) << done.error().message;
        EXPECT_EQ(done->outcome, CommitOutcome::kCommitted)
            << (done->cause ? done->cause->message : "");
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto after = **catalog->load(table.name);
  EXPECT_EQ(after.metadata.properties.size(), table.metadata.properties.size() + 24);
  if (is_rest()) return;
  std::set<std::string> known = {after.metadata_location};
  for (const auto& entry : after.metadata.metadata_log) known.insert(entry.metadata_file);
  EXPECT_EQ(metadata_files(folder_), known);
}

INSTANTIATE_TEST_SUITE_P(Kinds, IcebergCatalogTest, ::testing::Values("sqlite", "postgres", "rest"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace sluice
