#include "endpoint/iceberg/snapshot_again.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/iceberg/live_files.h"
#include "format/iceberg/json_fields.h"
#include "format/iceberg/manifest.h"

namespace sluice::iceberg {
namespace {

bool is_of_run(const std::string& address, const std::string& run) {
  return address.find("/" + file_stem(run)) != std::string::npos;
}

}  // namespace

Status record_base(IcebergRun& run, const TargetTable& table, const Snapshot* base,
                   int format_version) {
  nlohmann::json line = {{"kind", "base"}, {"table", ledger_key(table)}};
  if (base != nullptr) line["snapshot"] = json_text(to_json(*base, format_version));
  return run.ledger->append(line);
}

Result<std::optional<Snapshot>> recorded_base(const IcebergRun& run, const TargetTable& table) {
  const auto line = run.ledger->last("base", ledger_key(table));
  if (!line || !line->contains("snapshot")) return std::nullopt;
  const auto text = line->at("snapshot").get<std::string>();
  TRY_ASSIGN(Snapshot out, parse_snapshot(Json::parse(text)));
  return out;
}

Status make_snapshot_again(const TableState& now, const TableMetadata& after,
                           const std::string& run, const std::optional<Snapshot>& old,
                           MadeSnapshot& out) {
  std::vector<ManifestFile> list;
  if (old) {
    TRY_ASSIGN(list, manifest_list(now, *old));
    for (const ManifestFile& file : list) TRY(now.files->head(file.path));
  }
  TRY(write_snapshot(now, after, run, std::move(list), out));
  if (old) out.snapshot.summary = old->summary;
  for (const char* total : {"total-data-files", "total-records", "total-files-size"}) {
    if (!old) out.snapshot.summary[total] = "0";
  }
  out.snapshot.summary["operation"] = old ? "overwrite" : "delete";
  return {};
}

Result<bool> holds_files_of(const IcebergTable& table, const CancelToken* cancel,
                            const std::string& run) {
  TRY_ASSIGN(const TableState now,
             state_at(std::make_shared<const IcebergTable>(table), {}, cancel));
  if (now.snapshot == nullptr) return false;
  TRY_ASSIGN(const auto live, LiveFiles::load(now));
  const auto& list = live->list();
  const auto& files = live->files();
  return std::any_of(list.begin(), list.end(),
                     [&](const ManifestFile& file) { return is_of_run(file.path, run); }) ||
         std::any_of(files.begin(), files.end(),
                     [&](const LiveFile& file) { return is_of_run(file.data().path, run); });
}

}  // namespace sluice::iceberg
