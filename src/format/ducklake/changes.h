// What a snapshot changed (specification, "ducklake_snapshot_changes"): a list of tokens, with the
// numbers of tables and the quoted names of what was made. Who commits looks at the lists of the
// snapshots that came since the one that his own changes began with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/ducklake/catalog_rows.h"

namespace sluice::ducklake {

enum class ChangeKind {
  kCreatedSchema,       // name
  kDroppedSchema,       // id
  kCreatedTable,        // schema and name
  kDroppedTable,        // id
  kAlteredTable,        // id
  kCreatedView,         // schema and name
  kDroppedView,         // id
  kAlteredView,         // id
  kInserted,            // id
  kDeleted,             // id
  kInlinedInsert,       // id
  kInlinedDelete,       // id
  kFlushedInlined,      // id
  kCompacted,           // id
  kMergedAdjacent,      // id
  kRewroteDeletes,      // id
  kCreatedScalarMacro,  // schema and name
  kCreatedTableMacro,   // schema and name
  kDroppedScalarMacro,  // id
  kDroppedTableMacro,   // id
};

struct Change {
  ChangeKind kind = ChangeKind::kInserted;
  Id id = 0;
  std::string schema;
  std::string name;

  bool operator==(const Change&) const = default;
};

// Errors: kUnsupported for a token that is not known, since what it changed is not known either;
// kCorrupt for a list that is none.
Result<std::vector<Change>> parse_changes(std::string_view text);

std::string print_changes(const std::vector<Change>& changes);

// Why `mine`, made on an older snapshot, cannot follow `theirs`; "" where it can: both only add
// rows, or they concern other tables.
std::string conflict_between(const std::vector<Change>& mine, const std::vector<Change>& theirs);

}  // namespace sluice::ducklake
