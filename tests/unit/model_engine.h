// An engine and its values, for tests of model/ and verify/.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/engine.h"
#include "model/digest.h"

namespace sluice::test {

// Never closed: the engine's own thread-local state is gone before static objects are.
inline Engine& shared_engine() {
  static Engine* const engine = [] {
    Engine::Options options;
    options.memory_bytes = std::uint64_t{512} << 20;
    options.threads = 2;
    auto opened = Engine::open(options);
    if (!opened) {
      std::fprintf(stderr, "cannot open the engine: %s\n", opened.error().message.c_str());
      std::abort();
    }
    return opened->release();
  }();
  return *engine;
}

// The digest of a query's rows, with the engine's types.
inline Digest digest_sql(const std::string& sql) {
  const auto connection = std::move(*shared_engine().connect());
  Digest digest;
  const Status status = connection->stream(sql, [&](const Batch& batch) -> Status {
    digest += digest_of(batch);
    return {};
  });
  EXPECT_TRUE(status.has_value()) << sql << ": " << status.error().message;
  return digest;
}

// Canonical bytes, in hex, of the first column of the first row of `SELECT expression`. Where
// `type` is given it replaces the engine's (a numeric is carried as text).
inline std::string canonical(const std::string& expression, const Type* type = nullptr) {
  const auto connection = std::move(*shared_engine().connect());
  std::string bytes;
  const Status status =
      connection->stream("SELECT " + expression, [&](const Batch& batch) -> Status {
        ColumnView column = batch.columns[0];
        if (type != nullptr) column.type = type;
        append_canonical(column, 0, bytes);
        return {};
      });
  EXPECT_TRUE(status.has_value()) << expression << ": " << status.error().message;
  return hex(bytes.data(), bytes.size());
}

// All rows as text, rows joined by "\n", cells by "|", NULL as <null>.
inline std::string shown(const std::string& sql) {
  const auto connection = std::move(*shared_engine().connect());
  const auto rows = connection->rows(sql);
  if (!rows) return "error: " + rows.error().message;
  std::vector<std::string> lines;
  for (const TextRow& row : *rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(cell.value_or("<null>"));
    lines.push_back(join(cells, "|"));
  }
  return join(lines, "\n");
}

// "" for equal texts, else the first line that differs, from both.
inline std::string first_difference(const std::string& ours, const std::string& theirs) {
  const std::vector<std::string> a = split(ours, '\n');
  const std::vector<std::string> b = split(theirs, '\n');
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? a[i] : "<end>";
    const std::string right = i < b.size() ? b[i] : "<end>";
    if (left != right) return left + " is not " + right;
  }
  return "";
}

}  // namespace sluice::test
