#include "delta_catalog/export_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/files.h"
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

std::string file_uri(const std::string& path) {
  return (is_remote_path(path) ? "" : "file://") + delta::encode_uri(path);
}

// From another folder: by the way there, which more readers follow than absolute paths; on S3,
// where names have no way up, by the whole name. A vector's file has no such spelling.
Status name_from(const fs::path& folder, const std::string& data_folder, delta::AddFile& file) {
  TRY_ASSIGN(const std::string path, delta::file_path(data_folder, file.path));
  file.path = is_remote_path(path)
                  ? file_uri(path)
                  : delta::encode_uri(fs::path(path).lexically_relative(folder).string());
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

Error log_is_there(const fs::path& log) {
  return Error(ErrorKind::kExists,
               fmt::format("\"{}\" is there already: a log is never written over", log.string()))
      .about(log.string())
      .advise("export to another folder, or move that one away first");
}

Status check_no_log(const fs::path& log, Files& files) {
  if (!files.is_local()) {
    TRY_ASSIGN(const bool is_there, files.has_folder(log.native()));
    return is_there ? Status(fail(log_is_there(log))) : Status();
  }
  std::error_code code;
  if (!fs::exists(log, code)) return {};
  const bool is_empty = fs::is_directory(log, code) && fs::is_empty(log, code);
  if (is_empty && !code) return {};
  return fail(log_is_there(log));
}

Status check_same_side(const fs::path& folder, const DeltaTableRecord& table) {
  if (is_remote_path(folder.native()) == is_remote_path(table.location)) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("a log in \"{}\" cannot name files in \"{}\": only one of them "
                                "is on S3",
                                folder.string(), table.location))
                  .about(folder.string())
                  .code("place")
                  .advise("export to a place beside the table; `sluice migrate` copies its files"));
}

Status write_log(const fs::path& log, const std::string& text, Files& files) {
  const fs::path file = log / delta::commit_name(0);
  if (files.is_local()) {
    TRY(make_folders(log));
    crash_point();
    return write_file_atomically(file, text);
  }
  crash_point();
  TRY_ASSIGN(const NewFile written, files.write_new(file.native(), text));
  if (written == NewFile::kTaken) return fail(log_is_there(log));
  if (written == NewFile::kWritten) return {};
  return fail(Error(ErrorKind::kTransient,
                    fmt::format("whether \"{}\" was written cannot be known", file.string()))
                  .about(file.string())
                  .advise("when the server answers again, look whether it is there; it is whole"));
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
                                        const CatalogExport& wanted, Engine& engine) {
  std::error_code code;
  Files& files = engine.files_of(wanted.folder.native());
  const fs::path folder =
      files.is_local() ? fs::weakly_canonical(fs::absolute(wanted.folder), code) : wanted.folder;
  const fs::path log = folder / DeltaLog::kFolder;
  TRY(check_same_side(folder, table));
  TRY(check_no_log(log, files));
  TRY_ASSIGN(delta::Snapshot state, state_of(catalog, table, wanted.version));
  CatalogExportFacts facts;
  facts.table_id = table.table_id;
  facts.folder = folder.string();
  facts.version = state.version;
  facts.files = state.files.size();
  TRY_ASSIGN(const delta::Actions actions, actions_of(std::move(state), table, folder));
  TRY(write_log(log, delta::commit_text(actions), files));
  crash_point();
  return facts;
}

}  // namespace sluice
