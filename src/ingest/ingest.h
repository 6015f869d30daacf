// One batch: inputs into a table of a lake, each row once.
//
//   gather -> look at the table -> read -> drop what is there -> write files -> commit
//                  ^                            ^                                 |
//            other columns                 others added rows                  done or again
//
// Nothing is visible before the commit. A batch that dies is found by a later one (batch_folder.h).
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>

#include "engine/engine.h"
#include "ingest/input.h"
#include "ingest/lake_target.h"
#include "model/location.h"
#include "report/ingest_report.h"
#include "sluice/options.h"

namespace sluice::ingest {

struct IngestSetting {
  Location location;
  std::filesystem::path state;
  Engine* engine = nullptr;
  const CancelToken* cancel = nullptr;
  std::function<void(const std::string& phase)> phase;
  std::atomic<std::uint64_t>* rows_done = nullptr;
};

// Errors before anything was done; later ones stand in the report.
Result<IngestReport> ingest(const IngestSetting& setting, const IngestOptions& options);

// Batches of the table that have dropped rows, oldest first.
Result<std::vector<DroppedBatch>> dropped_batches(const IngestSetting& setting,
                                                  const IngestOptions& options);

}  // namespace sluice::ingest
