// A database of its own for each test on the server that SLUICE_TEST_POSTGRES names.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "client/postgres/connection.h"
#include "endpoint/endpoint.h"
#include "endpoint/postgres/postgres_endpoint.h"
#include "engine/digest_tap.h"
#include "engine/engine.h"
#include "model/location.h"

namespace sluice::testing {

class PostgresDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* server = std::getenv("SLUICE_TEST_POSTGRES");
    if (server == nullptr) GTEST_SKIP() << "no PostgreSQL: SLUICE_TEST_POSTGRES is not set";
    location_ = *parse_location(server);
    auto admin = postgres::Connection::open(location_);
    ASSERT_TRUE(admin) << admin.error().message;
    location_.database = "test_" + to_lower(make_ulid());
    ASSERT_TRUE(admin->execute("CREATE DATABASE " + location_.database, "create"));
    admin_ = std::make_unique<postgres::Connection>(std::move(*admin));
    sql_ = std::make_unique<postgres::Connection>(*postgres::Connection::open(location_));
    run("SET search_path = public");
    engine_ = std::move(*Engine::open({}));
    connection_ = std::move(*engine_->connect());
    reopen();
  }

  void TearDown() override {
    if (!admin_) return;
    session_.reset();
    writer_.reset();
    endpoint_.reset();
    connection_.reset();
    engine_.reset();
    sql_.reset();
    const Status dropped =
        admin_->execute("DROP DATABASE " + location_.database + " WITH (FORCE)", "drop");
    EXPECT_TRUE(dropped) << dropped.error().message;
  }

  void reopen() {
    auto endpoint = open_postgres(location_, *engine_);
    ASSERT_TRUE(endpoint) << endpoint.error().message;
    endpoint_ = std::move(*endpoint);
  }

  // What psql would run and print.
  void run(const std::string& sql) {
    const Status status = sql_->execute(sql, "test");
    ASSERT_TRUE(status) << status.error().message;
  }
  std::vector<std::vector<std::string>> rows(const std::string& sql) {
    auto result = sql_->query(sql, "test");
    EXPECT_TRUE(result) << result.error().message;
    std::vector<std::vector<std::string>> out;
    for (int row = 0; result && row < result->size(); ++row) {
      std::vector<std::string>& cells = out.emplace_back();
      for (int i = 0;; ++i) {
        if (i >= result->columns()) break;
        cells.push_back(result->optional_text(row, i).value_or("NULL"));
      }
    }
    return out;
  }
  std::string value(const std::string& sql) {
    const auto all = rows(sql);
    return all.empty() ? "no row" : all.front().front();
  }

  // A fresh snapshot.
  ReadSession& read() {
    session_.reset();
    auto session = endpoint_->read();
    EXPECT_TRUE(session) << session.error().message;
    session_ = std::move(*session);
    return *session_;
  }

  Table inspect_table(const std::string& name) {
    auto inventory = session_->inspect();
    EXPECT_TRUE(inventory) << inventory.error().message;
    for (const Table& table : inventory->tables) {
      if (table.name.name == name) return table;
    }
    ADD_FAILURE() << "no table " << name;
    return {};
  }

  Table surveyed_table(const std::string& name) {
    read();
    Table table = inspect_table(name);
    const Status status = session_->survey(table);
    EXPECT_TRUE(status) << status.error().message;
    return table;
  }

  Result<std::vector<TextRow>> try_values(const Table& table, ReadPath path,
                                          const std::string& order = "1") {
    TRY_ASSIGN(const std::string relation, session_->relation(table, nullptr, path));
    return connection_->rows("SELECT * FROM " + relation + " ORDER BY " + order);
  }

  // Through both paths, which must agree.
  std::vector<std::string> column_texts(const Table& table, std::size_t column) {
    std::vector<std::string> fast;
    std::vector<std::string> independent;
    for (const ReadPath path : {ReadPath::kFast, ReadPath::kIndependent}) {
      auto found = try_values(table, path);
      EXPECT_TRUE(found) << found.error().message;
      if (!found) return {};
      for (const TextRow& row : *found) {
        (path == ReadPath::kFast ? fast : independent).push_back(row[column].value_or("NULL"));
      }
    }
    EXPECT_EQ(fast, independent);
    return fast;
  }

  Digest digest(const std::string& relation, const Table& table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns) names.push_back(column.name);
    DigestTap tap;
    auto counted =
        connection_->value("SELECT count(*) FROM " + relation + " WHERE " + tap.predicate(names));
    EXPECT_TRUE(counted) << counted.error().message;
    return tap.digest();
  }

  Location location_;
  std::unique_ptr<postgres::Connection> admin_;
  std::unique_ptr<postgres::Connection> sql_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineConnection> connection_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<ReadSession> session_;
  std::unique_ptr<WriteSession> writer_;
};

}  // namespace sluice::testing
