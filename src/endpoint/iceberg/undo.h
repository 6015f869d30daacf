// Private to endpoint/iceberg: what a rollback has to do to one table.
#pragma once

#include <optional>

#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

enum class Undoing {
  kRemoveFiles,
  kDropTable,
  kSetBack,
  kFinishDrop,
  kLeaveFiles,  // of a commit of which nobody knows whether it landed
  kNothing,
};

struct TableUndo {
  const TargetTable* table = nullptr;
  IcebergTarget target;
  Undoing what = Undoing::kRemoveFiles;
  std::optional<IcebergTable> now;
  std::optional<std::int64_t> back_to;  // kSetBack; nullopt for no snapshot
  // kSetBack in a catalog that shows no history: the rows of then become a new snapshot.
  bool is_again = false;
  std::optional<Snapshot> base;  // the snapshot of then; nullopt for none
};

// Asks the catalog. Requires: the ledger knows the table. Errors: kConflict where others changed
// the table since and the run does not drop that, kNotFound where what was before is gone.
Result<TableUndo> look_at_undo(IcebergRun& run, const TargetTable& table);

}  // namespace sluice::iceberg
