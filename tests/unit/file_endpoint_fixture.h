// What the tests of endpoints in files share: a folder, an engine, and a run from a SELECT.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/endpoint.h"

namespace sluice {

class FileEndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    Engine::Options options;
    options.threads = 4;
    options.spill_folder = folder_ / "spill";
    auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    auto connection = engine_->connect();
    ASSERT_TRUE(connection);
    connection_ = std::move(*connection);
  }
  void TearDown() override {
    connection_.reset();
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void sql(const std::string& text) {
    const Status done = connection_->execute(text);
    ASSERT_TRUE(done) << done.error().message << "\n" << text;
  }
  // "a|b;c|NULL": cells by |, rows by ;
  std::string ask(const std::string& text) {
    const auto rows = connection_->rows(text);
    if (!rows) return "error: " + rows.error().message;
    std::vector<std::string> lines;
    for (const TextRow& row : *rows) {
      std::vector<std::string> cells;
      for (const auto& cell : row) cells.push_back(cell.value_or("NULL"));
      lines.push_back(join(cells, "|"));
    }
    return join(lines, ";");
  }
  // A plan's table for the columns of `select`, by the endpoint's own rules.
  TargetTable target_table(const Endpoint& endpoint, const std::string& name,
                           const std::string& select) {
    TargetTable table;
    table.name = {endpoint.capabilities().default_schema, name};
    const auto columns = connection_->describe(select);
    EXPECT_TRUE(columns) << columns.error().message;
    for (const ResultColumn& column : *columns) {
      const TypeRule rule = endpoint.rule(column.type);
      TargetColumn& added = table.columns.emplace_back();
      added.name = column.name;
      added.type = rule.carried;
      added.native_type = rule.native_type;
    }
    return table;
  }
  Result<ChunkReceipt> write(WriteSession& session, const TargetTable& table, int chunk,
                             const std::string& select) {
    ChunkJob job;
    job.table = &table;
    job.chunk = chunk;
    job.select_sql = select;
    job.rows_done = &rows_done_;
    return session.write_chunk(job, *connection_);
  }
  std::vector<std::string> names_in(const std::filesystem::path& path) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineConnection> connection_;
  std::atomic<std::uint64_t> rows_done_{0};
};

// The error's kind, or "ok".
template <typename T>
std::string kind_of(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().kind));
}

#define ASSERT_OK(expression)                              \
  do {                                                     \
    const auto& ok_result_ = (expression);                 \
    ASSERT_TRUE(ok_result_) << ok_result_.error().message; \
  } while (false)

}  // namespace sluice
