// A database file made and judged through SQLite's own API and program, never through the endpoint.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "endpoint/sqlite/sqlite_endpoint.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {

class SqliteTest : public FileEndpointTest {
 protected:
  void SetUp() override {
    FileEndpointTest::SetUp();
    path_ = (folder_ / "test.db").string();
  }

  // Runs SQL in a connection of its own.
  void lite(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    char* text = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &text), SQLITE_OK)
        << (text == nullptr ? "" : text) << "\n"
        << sql;
    sqlite3_free(text);
    sqlite3_close(db);
  }
  // "a|b;c|NULL"
  std::string lite_rows(const std::string& sql) {
    sqlite3* db = nullptr;
    sqlite3_open(path_.c_str(), &db);
    std::string out;
    const auto row = [](void* to, int count, char** cells, char**) {
      auto* lines = static_cast<std::string*>(to);
      if (!lines->empty()) *lines += ";";
      for (int i = 0; i < count; ++i) {
        *lines += (i == 0 ? "" : "|") + std::string(cells[i] == nullptr ? "NULL" : cells[i]);
      }
      return 0;
    };
    char* text = nullptr;
    if (sqlite3_exec(db, sql.c_str(), row, &out, &text) != SQLITE_OK)
      out = "error: " + std::string(text);
    sqlite3_free(text);
    sqlite3_close(db);
    return out;
  }
  // What `sqlite3 FILE .dump` prints.
  std::string dump() {
    FILE* pipe = ::popen(("sqlite3 '" + path_ + "' .dump").c_str(), "r");
    std::string out;
    char buffer[4096];
    while (const std::size_t read = std::fread(buffer, 1, sizeof(buffer), pipe)) {
      out.append(buffer, read);
    }
    EXPECT_EQ(::pclose(pipe), 0);
    return out;
  }

  std::unique_ptr<Endpoint> open(bool for_writing) {
    Location location;
    location.kind = "sqlite";
    location.path = path_;
    auto endpoint = open_sqlite(location, *engine_, for_writing);
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    return endpoint ? std::move(*endpoint) : nullptr;
  }
  std::unique_ptr<ReadSession> reading() {
    source_ = open(false);
    auto session = source_->read();
    EXPECT_TRUE(session) << session.error().message;
    return session ? std::move(*session) : nullptr;
  }
  // The table as inspect() and survey() see it.
  Table surveyed(ReadSession& session, const std::string& name) {
    const auto inventory = session.inspect();
    EXPECT_TRUE(inventory) << inventory.error().message;
    for (Table table : inventory->tables) {
      if (table.name.name != name) continue;
      const Status done = session.survey(table);
      EXPECT_TRUE(done) << done.error().message;
      return table;
    }
    ADD_FAILURE() << "no table " << name;
    return {};
  }
  static std::string types_of(const Table& table) {
    std::vector<std::string> types;
    for (const Column& column : table.columns) {
      types.push_back(to_string(column.type) +
                      (column.hazards.empty() ? "" : "!" + column.hazards[0].kind));
    }
    return join(types, " ");
  }
  // All rows through both paths; they must be equal.
  std::string contents(ReadSession& session, const Table& table, const std::string& items = "*") {
    const auto fast = session.relation(table, nullptr, ReadPath::kFast);
    EXPECT_TRUE(fast) << fast.error().message;
    const auto other = session.relation(table, nullptr, ReadPath::kIndependent);
    EXPECT_TRUE(other) << other.error().message;
    if (!fast || !other) return "";
    const std::string rows = ask("SELECT " + items + " FROM " + *fast + " AS t ORDER BY ALL");
    EXPECT_EQ(ask("SELECT " + items + " FROM " + *other + " AS t ORDER BY ALL"), rows);
    return rows;
  }

  std::string path_;
  std::unique_ptr<Endpoint> source_;
};

}  // namespace sluice
