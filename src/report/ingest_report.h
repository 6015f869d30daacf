// What an ingest did: data only; ingest_report.cc renders it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "report/text_table.h"

namespace sluice {

struct IngestedColumn {
  std::string name;
  std::string type;
  std::string origin;  // "table", "map" or "inferred"
};

struct BrokenInput {
  std::string input;
  std::string reason;
};

struct IngestReport {
  std::string batch;  // a ULID; "" where nothing was begun
  std::string state;  // "done", "rejected" (some rows are not in), "failed"
  std::string target;
  std::string table;
  bool is_restored = false;  // the rows came from an earlier batch's dropped ones
  std::uint64_t rows_read = 0;
  std::uint64_t inserted = 0;
  std::uint64_t duplicates_in_batch = 0;
  std::uint64_t duplicates_in_table = 0;
  std::uint64_t conflicting = 0;  // of both kinds: those with other values
  std::uint64_t replaced = 0;     // rows of the table that restored ones took the place of
  std::uint64_t rejected = 0;
  std::string rejects_file;              // "" where nothing was rejected
  std::string dropped_file;              // "" where nothing was dropped
  std::optional<std::int64_t> snapshot;  // nothing: no row was new
  std::vector<std::string> files;
  double seconds = 0;
  std::vector<IngestedColumn> types;
  std::vector<BrokenInput> broken;
  std::vector<std::string> notes;
  std::optional<Error> error;
};

// A batch with dropped rows that are kept.
struct DroppedBatch {
  std::string batch;
  std::string at;  // RFC 3339
  std::string file;
  std::uint64_t in_batch = 0;
  std::uint64_t in_table = 0;
  std::uint64_t conflicting = 0;
};

std::string render_text(const IngestReport& report, const TextStyle& style);
std::string render_json(const IngestReport& report);
std::string render_text(const std::vector<DroppedBatch>& batches, const TextStyle& style);
std::string render_json(const std::vector<DroppedBatch>& batches);

}  // namespace sluice
