// The systems under contract and where they differ by nature.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/mysql/connection.h"
#include "endpoint/delta/delta_endpoint.h"
#include "endpoint/duckdb/duckdb_endpoint.h"
#include "endpoint/ducklake/ducklake_endpoint.h"
#include "endpoint/mysql/mysql_endpoint.h"
#include "endpoint/parquet/parquet_endpoint.h"
#include "endpoint/postgres/postgres_endpoint.h"
#include "endpoint/sqlite/sqlite_endpoint.h"
#include "engine/engine.h"
#include "model/location.h"

namespace sluice::testing {

struct Quirks {
  std::string name;
  bool enforces_keys = true;      // a duplicate key is refused at finish() or write_chunk()
  bool vouches = true;            // has a fingerprint
  std::vector<TypeKind> inexact;  // scalar kinds that the system cannot hold at all
};

inline const std::vector<Quirks>& all_quirks() {
  static const std::vector<Quirks> kAll = {
      {"duckdb", true, true, {}},
      {"sqlite", true, true, {}},
      {"postgres", true, false, {}},
      {"mysql", true, false, {TypeKind::kBit, TypeKind::kTimeTz}},
      {"parquet", false, true, {TypeKind::kBit, TypeKind::kBigInt}},
      {"ducklake", false, true, {TypeKind::kBit, TypeKind::kBigInt}},
      {"delta",
       false,
       true,
       {TypeKind::kBit, TypeKind::kBigInt, TypeKind::kTime, TypeKind::kTimeNs, TypeKind::kTimeTz,
        TypeKind::kInterval}},
  };
  return kAll;
}

// A place of its own for one test, gone with it.
class Site {
 public:
  Site(const Quirks& quirks, Engine& engine) : engine_(engine) {
    folder_ = std::filesystem::temp_directory_path() / ("sluice-contract-" + make_ulid());
    std::filesystem::create_directories(folder_);
    if (quirks.name == "postgres") {
      const char* server = std::getenv("SLUICE_TEST_POSTGRES");
      const std::string uri = server == nullptr ? "" : server;
      schema_ = "s" + to_lower(make_ulid());
      text_ = uri.empty()
                  ? ""
                  : uri + (uri.find('?') == std::string::npos ? "?" : "&") + "schema=" + schema_;
    } else if (quirks.name == "mysql") {
      make_database();
    } else if (quirks.name == "parquet" || quirks.name == "delta") {
      text_ = quirks.name + ":" + (folder_ / "tables").string();
    } else if (quirks.name == "ducklake") {
      text_ = "ducklake:sqlite:" + (folder_ / "lake.sqlite").string();
    } else {
      text_ = quirks.name + ":" + (folder_ / ("data." + quirks.name)).string();
    }
  }
  ~Site() {
    std::filesystem::remove_all(folder_);
    if (!database_.empty()) drop_database();
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  bool available() const { return !text_.empty(); }
  std::string schema(const Capabilities& can) const {
    return schema_.empty() ? can.default_schema : schema_;
  }

  Result<std::unique_ptr<Endpoint>> open(bool for_writing) {
    TRY_ASSIGN(const Location location, parse_location(text_));
    if (location.kind == "duckdb") return open_duckdb(location, engine_, for_writing);
    if (location.kind == "sqlite") return open_sqlite(location, engine_, for_writing);
    if (location.kind == "postgres") return open_postgres(location, engine_);
    if (location.kind == "mysql") return open_mysql(location, engine_);
    if (location.kind == "delta") return open_delta(location, engine_, for_writing);
    if (location.kind == "ducklake") return open_ducklake(location, engine_, for_writing);
    return open_parquet(location, engine_, for_writing);
  }

 private:
  // MariaDB has no schemas in a database, so each test has a database.
  void make_database() {
    const char* server = std::getenv("SLUICE_TEST_MYSQL");
    if (server == nullptr) return;
    Location location = *parse_location(server);
    auto admin = mysql::Connection::open(location);
    ASSERT_TRUE(admin) << admin.error().message;
    database_ = "test_" + to_lower(make_ulid());
    ASSERT_TRUE(admin->execute("CREATE DATABASE " + database_, "create"));
    location.database = database_;
    text_ = location.display();
  }

  void drop_database() {
    auto server = mysql::Connection::open(*parse_location(text_));
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_TRUE(server->execute("DROP DATABASE " + database_, "drop"));
  }

  Engine& engine_;
  std::filesystem::path folder_;
  std::string database_;
  std::string schema_;
  std::string text_;
};

}  // namespace sluice::testing
