// Private to endpoint/duckdb: what the parts of a write session share.
#pragma once

#include <memory>
#include <string>

#include "endpoint/duckdb/ledger.h"
#include "model/inventory.h"

namespace sluice::duckdb {

struct DuckdbRun {
  std::shared_ptr<Attachment> attachment;
  std::string id;  // the ULID
  const TargetPlan* plan = nullptr;
  Ledger ledger;
  std::unique_ptr<EngineConnection> connection;  // names mean the target; null: no file yet
};

// What was found under a final name when the run was prepared; "" where there was nothing.
// Publishing compares it with what is there then.
Result<std::string> describe_old(EngineConnection& connection, const Table* old);

Status publish_run(DuckdbRun& run);
Result<Steps> rollback_run(DuckdbRun& run, bool dry_run);
Result<Steps> forget_run(DuckdbRun& run);

}  // namespace sluice::duckdb
