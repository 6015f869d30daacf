#include "endpoint/iceberg/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/iceberg/lend_files.h"
#include "endpoint/reach_files.h"
#include "endpoint/sql_names.h"
#include "lake_catalog/iceberg_files.h"

namespace sluice::iceberg {
namespace {

// What a REST catalog calls a warehouse is a name of its own.
Result<std::string> place_of_runs(const Location& location) {
  const bool is_rest = location.catalog == "rest";
  const std::string usual = is_rest ? location.notes_folder : location.parameter("warehouse", "");
  const std::string place = location.parameter("staging", usual);
  if (!place.empty()) return address_of_folder(place);
  const char* const name = is_rest ? "staging" : "warehouse";
  return fail(
      Error(ErrorKind::kInvalid,
            fmt::format("{} does not say where the files of a run are to be", location.display()))
          .about(location.display())
          .advise(fmt::format("add {0}=DIR or {0}=s3://BUCKET/PREFIX to the location", name)));
}

// Of a table that was prepared.
IcebergName name_in_catalog(const FileLedger& ledger, const std::string& key) {
  const auto line = ledger.last("old", key);
  return {line->value("space", ""), line->value("name", "")};
}

bool is_of_run(const Snapshot& snapshot, const std::string& run) {
  const auto of = snapshot.summary.find(kRunProperty);
  return of != snapshot.summary.end() && of->second == run;
}

}  // namespace

Result<std::string> run_folder(const Location& location, const std::string& run) {
  TRY_ASSIGN(const std::string place, place_of_runs(location));
  return place + "/." + staging_prefix(run);
}

std::string folder_path(const std::string& folder) {
  const std::string path = local_path(folder);
  return path.empty() ? folder : path;
}

Result<std::unique_ptr<FileLedger>> open_ledger(const std::string& folder, const Location& location,
                                                Engine& engine) {
  const std::filesystem::path path = folder_path(folder);
  TRY(reach_files(path.parent_path().string(), location, engine));
  auto out = std::make_unique<FileLedger>(path / FileLedger::kName, engine.files_of(path.native()));
  TRY(out->load());
  return out;
}

std::string ledger_key(const TargetTable& table) { return table.name.display(); }

IcebergName catalog_name(const TargetTable& table) { return {table.name.schema, table.name.name}; }

std::string file_stem(const std::string& run) { return staging_prefix(run) + "-"; }

Result<IcebergTarget> target_of(const FileLedger& ledger, const std::string& key) {
  const auto line = ledger.last("old", key);
  if (!line) {
    return fail(ErrorKind::kInternal, fmt::format("table \"{}\" was not prepared", key));
  }
  IcebergTarget out;
  out.is_new = line->at("new").get<bool>();
  if (line->contains("snapshot")) out.snapshot = line->at("snapshot").get<std::int64_t>();
  TRY_ASSIGN(out.before, parse_metadata(line->at("before").get<std::string>(), FileLedger::kName));
  TRY_ASSIGN(out.after, parse_metadata(line->at("after").get<std::string>(), FileLedger::kName));
  return out;
}

Status record_target(IcebergRun& run, const TargetTable& table, const IcebergTarget& target) {
  nlohmann::json line = {{"kind", "old"},
                         {"table", ledger_key(table)},
                         {"space", table.name.schema},
                         {"name", table.name.name},
                         {"new", target.is_new},
                         {"before", write_metadata(target.before)},
                         {"after", write_metadata(target.after)}};
  if (target.snapshot) line["snapshot"] = *target.snapshot;
  return run.ledger->append(line);
}

Status write_chunk_files(IcebergRun& run, const IcebergTarget& target, const std::string& name,
                         const std::vector<DataFile>& files) {
  Manifest manifest;
  // Those of version 1 name the snapshot, which there is none of yet.
  manifest.format_version = std::max(2, target.after.format_version);
  manifest.schema = target.after.schema();
  manifest.spec = target.after.spec();
  for (const DataFile& file : files) {
    ManifestEntry& entry = manifest.entries.emplace_back();
    entry.file = file;
  }
  TRY_ASSIGN(const std::string bytes,
             write_manifest(manifest, target.after.schemas, avro::Codec::kDeflate));
  return run.files->write(run.folder + "/" + name, bytes);
}

Result<std::vector<DataFile>> landed_files(const FileLedger& ledger, LakeFiles& files,
                                           const std::string& folder, const std::string& key) {
  std::vector<DataFile> out;
  for (const auto& [chunk, line] : ledger.chunks(key)) {
    const std::string name = line.at("files").get<std::string>();
    if (name.empty()) continue;  // a chunk without a row
    const std::string address = folder + "/" + name;
    TRY_ASSIGN(const std::string bytes, files.read(address));
    TRY_ASSIGN(Manifest manifest, read_manifest(bytes, address));
    for (ManifestEntry& entry : manifest.entries) out.push_back(std::move(entry.file));
  }
  return out;
}

Result<std::unique_ptr<TableScan>> staged_table(const Location& location,
                                                const IcebergCatalogOptions& options,
                                                const TableName& name, LentKeys& lent,
                                                Engine& engine) {
  TRY_ASSIGN(const std::string place, place_of_runs(location));
  const std::string folder = place + "/" + name.schema;
  LakeFiles files(options.s3, folder, options.cancel);
  TRY_ASSIGN(const auto ledger, open_ledger(folder, location, engine));
  if (!ledger->last("old", name.name)) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no staged table \"{}\"", name.display()))
            .about(name.display()));
  }
  TRY_ASSIGN(IcebergTarget target, target_of(*ledger, name.name));
  TRY_ASSIGN(auto landed, landed_files(*ledger, files, folder, name.name));
  IcebergTable table;
  table.name = {name.schema, name.name};
  if (location.catalog == "rest") {
    TRY_ASSIGN(std::shared_ptr<IcebergCatalog> catalog, open_iceberg_catalog(location, options));
    TRY(lend_files(catalog, name_in_catalog(*ledger, name.name), target, lent, files));
  }
  table.s3 = files.settings_of(target.after.location + "/");
  table.metadata = std::move(target.after);
  TRY_ASSIGN(TableState state,
             state_at(std::make_shared<const IcebergTable>(std::move(table)), {}, options.cancel));
  state.name = name;
  auto live = LiveFiles::of(state, std::move(landed));
  return std::make_unique<TableScan>(std::move(state), engine, std::move(live));
}

bool has_snapshot_of_run(const TableMetadata& metadata, const std::string& run) {
  return std::any_of(metadata.snapshots.begin(), metadata.snapshots.end(),
                     [&](const Snapshot& snapshot) { return is_of_run(snapshot, run); });
}

const Snapshot* snapshot_of_run(const TableMetadata& metadata, const std::string& run) {
  const Snapshot* first = metadata.current_snapshot();
  const Snapshot* at = first;
  for (; at != nullptr; at = at->parent_id ? metadata.find_snapshot(*at->parent_id) : nullptr) {
    if (is_of_run(*at, run)) return at;
    first = at;
  }
  if (first == nullptr || !first->parent_id) return nullptr;
  // Behind an expired snapshot whose parents nobody can tell.
  for (const Snapshot& snapshot : metadata.snapshots) {
    const bool is_earlier = std::pair(snapshot.sequence_number, snapshot.timestamp_ms) <
                            std::pair(first->sequence_number, first->timestamp_ms);
    if (is_earlier && is_of_run(snapshot, run)) return &snapshot;
  }
  return nullptr;
}

}  // namespace sluice::iceberg
