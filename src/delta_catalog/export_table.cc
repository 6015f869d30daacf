#include "delta_catalog/export_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "format/delta/commit_times.h"
#include "format/delta/deletion_vector.h"
#include "format/delta/log_files.h"
#include "format/delta/log_path.h"
#include "format/delta/write_actions.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string file_uri(const std::string& path) { return "file://" + delta::encode_uri(path); }

// From another folder: by the way there, which more readers follow than absolute paths. A vector's
// file has no such spelling.
Status name_from(const fs::path& folder, const std::string& data_folder, delta::AddFile& file) {
  TRY_ASSIGN(const std::string path, delta::file_path(data_folder, file.path));
  file.path = delta::encode_uri(fs::path(path).lexically_relative(folder).string());
  if (!file.deletion_vector || file.deletion_vector->storage != 'u') return {};
  auto vector = std::make_shared<delta::DeletionVectorDescriptor>(*file.deletion_vector);
  TRY_ASSIGN(const std::string vector_path, delta::vector_file(*vector, data_folder));
  vector->storage = 'p';
  vector->path_or_inline = file_uri(vector_path);
  file.deletion_vector = std::move(vector);
  return {};
}

// Since when the log has times of its own: from its first version on.
void begin_anew(delta::Metadata& metadata, delta::CommitInfo& info) {
  if (!delta::in_commit_since(metadata)) return;
  metadata.configuration.erase("delta.inCommitTimestampEnablementVersion");
  metadata.configuration.erase("delta.inCommitTimestampEnablementTimestamp");
  info.in_commit_timestamp_ms = info.timestamp_ms;
}

Result<delta::Actions> actions_of(delta::Snapshot state, const DeltaTableRecord& table,
                                  const fs::path& folder) {
  const bool is_elsewhere = folder != fs::path(table.location);
  delta::Actions out;
  out.commit_info.emplace();
  out.commit_info->timestamp_ms = now_unix_ms();
  out.commit_info->operation = "CLONE";
  out.commit_info->engine_info = "sluice";
  out.commit_info->parameters = {{"source", table.location},
                                 {"sourceVersion", std::to_string(state.version)}};
  begin_anew(state.metadata, *out.commit_info);
  out.protocol = std::move(state.protocol);
  out.metadata = std::move(state.metadata);
  out.txns = std::move(state.txns);
  out.domains = std::move(state.domains);
  std::sort(state.files.begin(), state.files.end(), [](const auto& a, const auto& b) {
    return std::tie(a.version, a.add.path) < std::tie(b.version, b.add.path);
  });
  for (delta::LiveFile& file : state.files) {
    if (is_elsewhere) TRY(name_from(folder, table.location, file.add));
    file.add.data_change = true;
    out.adds.push_back(std::move(file.add));
  }
  return out;
}

Status check_no_log(const fs::path& log) {
  std::error_code code;
  if (!fs::exists(log, code)) return {};
  const bool is_empty = fs::is_directory(log, code) && fs::is_empty(log, code);
  if (is_empty && !code) return {};
  return fail(
      Error(ErrorKind::kExists,
            fmt::format("\"{}\" is there already: a log is never written over", log.string()))
          .about(log.string())
          .advise("export to another folder, or move that one away first"));
}

Result<delta::Snapshot> state_of(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                 std::optional<delta::Version> version) {
  TRY_ASSIGN(const delta::Version wanted, catalog_version(table, version));
  TRY(catalog.database().begin_read());
  auto state = load_catalog_state(catalog, table, wanted);
  catalog.database().end();
  return state;
}

}  // namespace

Result<CatalogExportFacts> export_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                        const CatalogExport& wanted) {
  std::error_code code;
  const fs::path folder = fs::weakly_canonical(fs::absolute(wanted.folder), code);
  const fs::path log = folder / DeltaLog::kFolder;
  TRY(check_no_log(log));
  TRY_ASSIGN(delta::Snapshot state, state_of(catalog, table, wanted.version));
  CatalogExportFacts facts;
  facts.table_id = table.table_id;
  facts.folder = folder.string();
  facts.version = state.version;
  facts.files = state.files.size();
  TRY_ASSIGN(const delta::Actions actions, actions_of(std::move(state), table, folder));
  TRY(make_folders(log));
  crash_point();
  TRY(write_file_atomically(log / delta::commit_name(0), delta::commit_text(actions)));
  crash_point();
  return facts;
}

}  // namespace sluice
