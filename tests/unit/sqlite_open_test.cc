#include <unistd.h>

#include <fstream>
#include <thread>

#include "unit/sqlite_fixture.h"

namespace sluice {
namespace {

class SqliteOpen : public SqliteTest {
 protected:
  Result<std::unique_ptr<Endpoint>> try_open(bool for_writing) {
    Location location;
    location.kind = "sqlite";
    location.path = path_;
    return open_sqlite(location, *engine_, for_writing);
  }
};

TEST_F(SqliteOpen, a_missing_file_is_not_found_for_reading_and_empty_for_writing) {
  EXPECT_EQ(kind_of(try_open(false)), "not_found");
  const auto endpoint = try_open(true);
  ASSERT_OK(endpoint);
  const auto session = (*endpoint)->read();
  ASSERT_OK(session);
  EXPECT_EQ((*session)->inspect()->tables.size(), 0U);
  EXPECT_FALSE(std::filesystem::exists(path_));
  path_ = (folder_ / "missing" / "test.db").string();
  EXPECT_EQ(kind_of(try_open(true)), "not_found");
}

TEST_F(SqliteOpen, a_folder_is_invalid) {
  path_ = folder_.string();
  EXPECT_EQ(kind_of(try_open(false)), "invalid");
}

TEST_F(SqliteOpen, a_file_of_another_kind_is_corrupt_and_named) {
  std::ofstream(path_) << std::string(5000, 'x');
  const auto endpoint = try_open(false);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(endpoint.error().vendor_code, "SQLITE_NOTADB");
  EXPECT_EQ(endpoint.error().object, path_);
}

TEST_F(SqliteOpen, a_file_that_is_cut_off_is_corrupt) {
  lite(
      "CREATE TABLE t (v TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE "
      "i < 2000) INSERT INTO t SELECT 'value ' || i FROM n");
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 4096);
  EXPECT_EQ(kind_of(try_open(false)), "corrupt");
}

TEST_F(SqliteOpen, damaged_pages_are_corrupt_when_they_are_read) {
  lite(
      "CREATE TABLE t (v TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE "
      "i < 2000) INSERT INTO t SELECT 'value ' || i FROM n");
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 3);
    file << std::string(4096, '\xff');
  }
  const auto session = reading();
  Table table = (*session->inspect()).tables[0];
  EXPECT_EQ(kind_of(session->survey(table)), "corrupt");
}

TEST_F(SqliteOpen, a_lock_of_another_process_is_a_conflict_that_names_it) {
  lite("CREATE TABLE t (v TEXT)");
  FILE* other = ::popen(("sqlite3 '" + path_ + "'").c_str(), "w");
  const auto locked = folder_ / "locked";
  std::fprintf(other, "BEGIN EXCLUSIVE;\n.system touch '%s'\n", locked.c_str());
  std::fflush(other);
  while (!std::filesystem::exists(locked)) ::usleep(1000);
  const auto endpoint = try_open(false);
  ::pclose(other);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(endpoint.error().vendor_code, "SQLITE_BUSY");
  EXPECT_NE(endpoint.error().message.find("held by sqlite3 (process "), std::string::npos)
      << endpoint.error().message;
}

TEST_F(SqliteOpen, snapshots_are_whole_while_a_writer_commits) {
  lite(
      "CREATE TABLE a (n INT); CREATE TABLE b (n INT); INSERT INTO a VALUES (0); INSERT INTO b "
      "VALUES "
      "(0)");
  for (const char* mode : {"DELETE", "WAL"}) {
    lite(std::string("PRAGMA journal_mode = ") + mode);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      sqlite3* db = nullptr;
      sqlite3_open(path_.c_str(), &db);
      sqlite3_busy_timeout(db, 10000);
      while (!stop) {
        sqlite3_exec(db, "BEGIN IMMEDIATE; UPDATE a SET n = n + 1; UPDATE b SET n = n + 1; COMMIT",
                     nullptr, nullptr, nullptr);
        ::usleep(20000);
      }
      sqlite3_close(db);
    });
    for (int i = 0; i < 10; ++i) {
      const auto endpoint = try_open(false);
      ASSERT_OK(endpoint);
      auto session = (*endpoint)->read();
      ASSERT_OK(session);
      Table a = (*(*session)->inspect()).tables[0];
      Table b = a;
      b.name.name = "b";
      const auto first = (*session)->relation(a, nullptr, ReadPath::kFast);
      const auto second = (*session)->relation(b, nullptr, ReadPath::kFast);
      ::usleep(5000);
      EXPECT_EQ(ask("SELECT x.n - y.n FROM " + *first + " AS x, " + *second + " AS y"), "0");
    }
    stop = true;
    writer.join();
  }
}

TEST_F(SqliteOpen, writing_through_a_reader_is_invalid) {
  lite("CREATE TABLE t (v TEXT)");
  const TargetPlan plan;
  EXPECT_EQ(kind_of(open(false)->write("01JD0000000000000000000000", plan)), "invalid");
}

}  // namespace
}  // namespace sluice
