#include "endpoint/iceberg/remove_unnamed.h"

#include <set>

#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/live_files.h"
#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/table_files.h"

namespace sluice::iceberg {
namespace {

Result<std::set<std::string>> files_of_run(IcebergRun& run, IcebergTable table) {
  const Snapshot* const ours = snapshot_of_run(table.metadata, run.id);
  if (ours == nullptr) return fail(ErrorKind::kNotFound, "the run's snapshot is not shown");
  const Moment moment{ours->id, ""};
  TRY_ASSIGN(
      const TableState state,
      state_at(std::make_shared<const IcebergTable>(std::move(table)), moment, run.options.cancel));
  return files_of_snapshots(state, {state.snapshot});
}

Status remove_of_table(IcebergRun& run, const TargetTable& table) {
  TRY_ASSIGN(auto found, run.catalog->load(catalog_name(table)));
  if (!found) return {};
  const TableMetadata metadata = found->metadata;
  TRY_ASSIGN(const std::set<std::string> named, files_of_run(run, *std::move(found)));
  for (const std::string& folder : {data_folder(metadata), metadata_folder(metadata)}) {
    const std::string stem = folder + "/" + file_stem(run.id);
    TRY(run.files->remove_half_written(stem));
    TRY_ASSIGN(const auto there, run.files->list(stem));
    for (const std::string& address : there) {
      if (!named.contains(plain_address(address))) TRY(run.files->remove(address));
    }
  }
  return {};
}

}  // namespace

void remove_unnamed(IcebergRun& run) {
  for (const TargetTable& table : run.plan->tables) (void)remove_of_table(run, table);
}

}  // namespace sluice::iceberg
