// Private to endpoint/delta: one table at one version.
#pragma once

#include <string>

#include "endpoint/delta/find_tables.h"
#include "format/delta/schema.h"
#include "lake_catalog/delta_log.h"

namespace sluice::delta {

struct TableState {
  TableName name;
  std::string folder;
  Snapshot snapshot;
  TableSchema schema;
  std::string zone_offset = "+00";  // of partition values without a zone
};

// What a location says of timestamps in partition values that have no zone: ?timezone=-07:00; UTC
// where it says nothing. Errors: kInvalid.
Result<std::string> zone_offset_of(const Location& location);

// Whether some partition value needs that.
bool needs_zone(const TableState& table);

// Errors: kUnsupported, kCorrupt, kNotFound for a moment that the table has no version of.
Result<TableState> load_table(const FoundTable& found, const DeltaMoment& moment, Engine& engine);

// The path of a data file on this machine.
Result<std::string> data_path(const TableState& table, const AddFile& file);

// Rows that a file has without those that are deleted; nullopt where the log does not say it.
std::optional<std::uint64_t> live_rows(const AddFile& file);

}  // namespace sluice::delta
