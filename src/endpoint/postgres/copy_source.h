// A table of PostgreSQL that the engine can scan: each partition is one COPY (SELECT ...) TO STDOUT
// on a connection of the snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "client/postgres/connection.h"
#include "endpoint/postgres/wire.h"
#include "engine/table_source.h"

namespace sluice::postgres {

enum class CopyFormat { kBinary, kText };

// Blocks of the table's storage; "" is open.
struct CtidRange {
  std::string begin;
  std::string end;
};

struct CopySpec {
  std::string table;     // for messages
  std::string from_sql;  // behind FROM
  std::vector<WireColumn> columns;
  std::vector<CtidRange> ranges;  // one partition each
  std::uint64_t rows_estimate = 0;
  CopyFormat format = CopyFormat::kBinary;
  bool check_utf8 = false;
  const CancelToken* cancel = nullptr;  // may be null
};

std::shared_ptr<TableSource> make_copy_source(std::shared_ptr<ConnectionPool> pool, CopySpec spec);

// " WHERE ctid >= '(0,0)' AND ctid < '(9,0)'", or "".
std::string ctid_condition(const CtidRange& range);

}  // namespace sluice::postgres
