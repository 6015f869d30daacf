#include "lake_catalog/iceberg_sql_catalog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace sluice {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kWait{20'000};

class IcebergSqlCatalogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("iceberg_sql_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    database_ = open();
    ASSERT_NE(database_, nullptr);
    ASSERT_TRUE(catalog().prepare());
  }
  void TearDown() override {
    database_.reset();
    fs::remove_all(folder_);
  }

  std::unique_ptr<CatalogDatabase> open() {
    CatalogOptions options;
    options.for_writing = true;
    auto opened = open_sqlite_catalog((folder_ / "c.db").string(), options);
    return opened ? std::move(*opened) : nullptr;
  }
  IcebergSqlCatalog catalog() { return {*database_, "lake", kWait}; }

  fs::path folder_;
  std::unique_ptr<CatalogDatabase> database_;
};

TEST_F(IcebergSqlCatalogTest, ACommitReplacesOnlyWhatItSaw) {
  IcebergSqlCatalog it = catalog();
  const IcebergName name{"a.b", "it's"};
  EXPECT_FALSE(*it.find(name));
  EXPECT_EQ(*it.commit(name, "m1", "m2"), CommitOutcome::kConflict);
  EXPECT_EQ(*it.create(name, "m1"), CommitOutcome::kCommitted);
  EXPECT_EQ(*it.create(name, "m9"), CommitOutcome::kConflict);
  EXPECT_EQ(*it.commit(name, "m1", "m2"), CommitOutcome::kCommitted);
  EXPECT_EQ(*it.commit(name, "m1", "m3"), CommitOutcome::kConflict);
  const auto found = it.find(name);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->metadata_location, "m2");
  EXPECT_EQ((*found)->previous, "m1");
  EXPECT_EQ(*it.drop(name, "m1"), CommitOutcome::kConflict);
  EXPECT_EQ(*it.drop(name, "m2"), CommitOutcome::kCommitted);
  EXPECT_TRUE(it.tables("a.b")->empty());
}

TEST_F(IcebergSqlCatalogTest, NamesAreOfOneCatalogAndViewsAreNoTables) {
  IcebergSqlCatalog it = catalog();
  ASSERT_TRUE(it.create_namespace("b", {}));
  EXPECT_EQ(it.create_namespace("b", {}).error().kind, ErrorKind::kExists);
  ASSERT_TRUE(it.create_namespace("p", {{"owner", "o'"}}));
  EXPECT_EQ(it.properties("p")->at("owner"), "o'");
  ASSERT_TRUE(it.create({"a", "y"}, "m"));
  ASSERT_TRUE(it.create({"a", "x"}, "m"));
  EXPECT_EQ(*it.namespaces(), (std::vector<std::string>{"a", "b", "p"}));
  EXPECT_EQ(*it.tables("a"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(*it.rename({"a", "x"}, {"a", "y"}), CommitOutcome::kConflict);
  EXPECT_EQ(*it.rename({"a", "x"}, {"b", "z"}), CommitOutcome::kCommitted);
  EXPECT_EQ(*it.rename({"a", "x"}, {"b", "q"}), CommitOutcome::kConflict);
  ASSERT_TRUE(
      database_->execute("UPDATE iceberg_tables SET iceberg_type = 'VIEW' WHERE "
                         "table_name = 'y'"));
  EXPECT_TRUE(it.tables("a")->empty());
  EXPECT_FALSE(*it.find({"a", "y"}));
  IcebergSqlCatalog other(*database_, "other", kWait);
  EXPECT_TRUE(other.namespaces()->empty());
}

TEST_F(IcebergSqlCatalogTest, ACatalogOfVersionZeroHasNoTypes) {
  ASSERT_TRUE(database_->execute("ALTER TABLE iceberg_tables DROP COLUMN iceberg_type"));
  IcebergSqlCatalog it = catalog();
  EXPECT_EQ(*it.create({"a", "x"}, "m1"), CommitOutcome::kCommitted);
  EXPECT_EQ(*it.commit({"a", "x"}, "m1", "m2"), CommitOutcome::kCommitted);
  EXPECT_EQ(*it.tables("a"), std::vector<std::string>{"x"});
}

TEST_F(IcebergSqlCatalogTest, OfRacingCommitsEachIsCountedOnce) {
  const IcebergName name{"a", "t"};
  ASSERT_TRUE(catalog().create(name, "0"));
  constexpr int kWriters = 4;
  constexpr int kCommits = 25;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      const auto database = open();
      IcebergSqlCatalog it(*database, "lake", kWait);
      for (int done = 0; done < kCommits;) {
        const auto seen = it.find(name);
        ASSERT_TRUE(seen && *seen);
        const std::string& at = (*seen)->metadata_location;
        const auto outcome = it.commit(name, at, std::to_string(std::stoi(at) + 1));
        ASSERT_TRUE(outcome) << outcome.error().message;
        if (*outcome == CommitOutcome::kCommitted) ++done;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ((*catalog().find(name))->metadata_location, std::to_string(kWriters * kCommits));
}

}  // namespace
}  // namespace sluice
