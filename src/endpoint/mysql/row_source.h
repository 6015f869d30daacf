// A table that the engine can scan: each partition is one unbuffered SELECT on a connection of the
// snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "endpoint/mysql/native.h"
#include "endpoint/mysql/snapshot.h"
#include "engine/table_source.h"

namespace sluice::mysql {

enum class Protocol { kBinary, kText };

struct RowSpec {
  std::string table;     // for messages
  std::string from_sql;  // behind FROM
  std::vector<ReadColumn> columns;
  std::vector<std::string> conditions;  // one partition each; "" is all rows
  std::uint64_t rows_estimate = 0;
  Protocol protocol = Protocol::kBinary;
  const CancelToken* cancel = nullptr;  // may be null
};

// kText hands every column over as text.
std::shared_ptr<TableSource> make_row_source(std::shared_ptr<SnapshotPool> pool, RowSpec spec);

}  // namespace sluice::mysql
