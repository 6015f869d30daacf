#include "operations/archive_facts.h"

#include "base/text.h"

namespace sluice {

namespace fs = std::filesystem;

namespace {
constexpr const char* kArchives = "archives";
}  // namespace

fs::path archive_folder(const Sluice::Impl& impl, const fs::path& given) {
  return fs::absolute(given.empty() ? impl.settings.state_folder / kArchives : given)
      .lexically_normal();
}

ArchiveFacts facts_of(const FoundArchive& archive) {
  const ArchiveManifest& manifest = archive.manifest;
  ArchiveFacts out;
  out.id = manifest.id;
  out.location = manifest.location;
  out.kind = manifest.kind;
  out.catalog = manifest.catalog;
  out.created_at = manifest.created_at;
  out.format = archive.format;
  out.snapshot = manifest.snapshot;
  out.files = manifest.files.size();
  out.bytes = manifest.bytes();
  out.drilled = manifest.drilled;
  for (const ArchivedContent& table : manifest.tables) {
    out.tables.push_back({table.table, table.rows, table.digest});
  }
  out.path = archive.path.string();
  if (archive.problem) out.problem = archive.problem->message;
  return out;
}

ArchiveFacts facts_of(const BackupRecord& backup) {
  ArchiveFacts out;
  out.id = out.run = backup.run;
  out.location = backup.location;
  out.kind = backup.location.substr(0, backup.location.find(':'));
  out.created_at = backup.created_at;
  out.files = 1;
  out.bytes = backup.bytes;
  out.path = backup.file;
  return out;
}

Result<std::optional<BackupRecord>> find_run_backup(const Sluice::Impl& impl, const fs::path& given,
                                                    const std::string& id) {
  if (!given.empty() || id == "last") return std::nullopt;
  TRY_ASSIGN(const auto backups, list_backups(impl.settings.state_folder));
  std::optional<BackupRecord> found;
  for (const BackupRecord& backup : backups) {
    if (backup.run == id) return backup;
    if (backup.run.starts_with(id) && !found) found = backup;
  }
  return found;
}

}  // namespace sluice
