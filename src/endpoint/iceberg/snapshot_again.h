// Private to endpoint/iceberg: what a table was before a run, for a catalog that shows the newest
// snapshot alone (Nessie) and so has none to go back to. The run's ledger keeps the snapshot that
// its own was made on, and its rows become a new one.
#pragma once

#include <optional>

#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

// Of the table as it is published on: the last one before the commit counts.
Status record_base(IcebergRun& run, const TargetTable& table, const Snapshot* base,
                   int format_version);
// nullopt where the table had no snapshot, or an older release wrote the ledger.
Result<std::optional<Snapshot>> recorded_base(const IcebergRun& run, const TargetTable& table);

// The next snapshot, with the rows of `old`; without it, with none. It takes over what `old` says
// of itself, so that the run that made `old` can be taken back too.
Status make_snapshot_again(const TableState& now, const TableMetadata& after,
                           const std::string& run, const std::optional<Snapshot>& old,
                           MadeSnapshot& out);

// Whether the newest snapshot has files of a run: it landed, and others committed on top of it.
Result<bool> holds_files_of(const IcebergTable& table, const CancelToken* cancel,
                            const std::string& run);

}  // namespace sluice::iceberg
