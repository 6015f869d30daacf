// Private to endpoint/iceberg: one table at one of its snapshots.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "endpoint/iceberg/lake_files.h"
#include "lake_catalog/iceberg_catalog.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice::iceberg {

// A snapshot's id, a time, or the name of a branch or a tag; neither is the newest.
struct Moment {
  std::optional<std::int64_t> snapshot;
  std::string time_or_ref;

  bool is_newest() const { return !snapshot && time_or_ref.empty(); }
  std::string text() const;
};

// What a location says: ?snapshot=ID or ?at=TIME|BRANCH|TAG. Errors: kInvalid.
Result<Moment> moment_of(const Location& location);
// As a user types it.
Moment moment_of(const std::string& text);

struct TableState {
  TableName name;
  std::shared_ptr<const IcebergTable> table;
  std::shared_ptr<LakeFiles> files;
  const Snapshot* snapshot = nullptr;  // in `table`; null for a table without a row ever
  Schema schema;                       // the snapshot's, and the table's own at a branch's end

  const TableMetadata& metadata() const { return table->metadata; }
};

// Errors: kNotFound for a moment that no snapshot is of, kCorrupt, kUnsupported.
Result<TableState> state_at(std::shared_ptr<const IcebergTable> table, const Moment& moment,
                            const CancelToken* cancel);

// The snapshot that was the table's at a time (milliseconds since 1970): by its log, else by the
// snapshots' own times. nullptr where it had none.
const Snapshot* snapshot_at(const TableMetadata& metadata, std::int64_t time_ms);

// RFC 3339, UTC.
std::string moment_text(std::int64_t ms);

// As messages have them: table "a.b", snapshot 12.
Error table_error(ErrorKind kind, const TableName& name, const std::string& what);

// An error of what was asked of a table's files, with its name.
Error in_table(Error error, const TableState& table);

}  // namespace sluice::iceberg
