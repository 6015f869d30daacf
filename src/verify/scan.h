// A parallel scan of one side of a comparison: several connections, each streaming one range of the
// table at a time, so that memory is bounded whatever the table.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "endpoint/endpoint.h"
#include "engine/engine.h"
#include "model/inventory.h"

namespace sluice {

struct CompareSide {
  ReadSession* session = nullptr;
  Table table;
  // Columns of the relation (or of select_sql) by name, in compare order. Empty: all of them.
  std::vector<std::string> columns;
  // A SELECT over the placeholder {relation} that is read instead of the table: a projection with
  // accepted losses. Its columns have the types `select_types`, or the engine's where that is
  // empty.
  std::optional<std::string> select_sql;
  std::vector<Type> select_types;
  ReadPath path = ReadPath::kFast;
};

struct ScanOptions {
  int threads = 0;                                  // 0: the engine's
  std::atomic<std::uint64_t>* rows_done = nullptr;  // may be null
  const CancelToken* cancel = nullptr;
};

// One side, ready to be read as often as needed. Its columns are expressions over the side's own.
struct SideColumn {
  std::string name;
  std::string sql;  // over {0}
  Type type;        // of the column as it is read, before `sql`
};

struct PreparedSide {
  std::vector<SideColumn> columns;
  std::vector<std::string> relations;  // ranges of the table, after FROM
  std::uint64_t rows_estimate = 0;     // 0 where it is not known
};

// Columns with their types, and the ranges.
// Errors: kNotFound for a column that is not there.
Result<PreparedSide> prepare_side(Engine& engine, const CompareSide& side);

// Visits every batch of a side. `visitor_of(thread)` is called once for each thread before the
// scan; a visitor is called by its own thread only. A visitor that sets `stop` ends the whole scan
// early, without an error.
using VisitorOf = std::function<BatchVisitor(int thread)>;
Status scan_side(Engine& engine, const PreparedSide& side, const ScanOptions& options,
                 const VisitorOf& visitor_of, const std::atomic<bool>* stop = nullptr);

int scan_threads(Engine& engine, const ScanOptions& options);

}  // namespace sluice
