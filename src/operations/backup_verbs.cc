// backup create, list, verify, restore, prune.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "backup/archive.h"
#include "backup/backup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "operations/archive_content.h"
#include "operations/archive_place.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/server_archive.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kArchives = "archives";

fs::path folder_of(const Sluice::Impl& impl, const fs::path& given) {
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

// A backup that a run made is an archive of one file.
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

bool is_lake(const Location& location) { return location.kind == "ducklake"; }

Status check_kind(const Location& location) {
  if (is_lake(location) || location.kind == "duckdb" || location.kind == "sqlite") return {};
  if (is_server(location)) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("backup is for lakes, databases and database files, and {} is a {}",
                                location.display(), location.kind))
                  .about(location.display())
                  .advise("files can be copied as they are; `sluice migrate` copies tables"));
}

// Restores what was drafted to a place inside of the draft, and compares.
Status drill(Sluice::Impl& impl, Engine& engine, const Location& location,
             const ArchiveDraft& draft, Ticker& ticker, ArchiveManifest& manifest) {
  ticker.phase("restore drill", 0);
  const fs::path place = draft.path() / "drill";
  TRY(make_folders(place));
  const auto act = [&]() -> Status {
    Location copy;
    copy.kind = location.kind;
    copy.path = (place / "restored").string();
    if (!is_lake(location)) {
      TRY(restore_file(draft.path() / kArchiveDatabase, copy, {}));
      TRY_ASSIGN(manifest.tables, content_of(copy, engine, impl, ticker));
      return {};
    }
    copy.catalog = "sqlite";
    copy.parameters["data_path"] = (place / "files").string();
    TRY_ASSIGN(const std::string data_path,
               restore_lake(draft.path(), manifest, copy, engine, {.link_files = true}));
    copy.parameters.clear();
    // The lake first: what cannot be read is then named by its place there.
    TRY_ASSIGN(const Location source, at_moment(location, std::to_string(*manifest.snapshot)));
    TRY_ASSIGN(manifest.tables, content_of(source, engine, impl, ticker));
    TRY_ASSIGN(const auto restored, content_of(copy, engine, impl, ticker));
    return check_same_content(manifest.tables, restored, "the restored copy");
  };
  const Status done = act();
  std::error_code code;
  fs::remove_all(place, code);
  if (!done) {
    Error error = done.error();
    if (error.kind == ErrorKind::kUnsupported && error.hint.empty()) {
      error.hint = "--no-drill makes the archive without reading its rows";
    }
    return fail(std::move(error));
  }
  if (code) return fail(errno_error(code.value(), "remove", place));
  manifest.drilled = true;
  return {};
}

// The backups of runs are in the state folder alone.
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

Status check_target(const ArchiveFacts& archive, const Location& target) {
  if (archive.kind == target.kind) return {};
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("archive {} is of a {}, and {} is a {}", archive.id, archive.kind,
                                target.display(), target.kind.empty() ? "path" : target.kind))
                  .about(target.display())
                  .advise(fmt::format("name a target that begins with {}:", archive.kind)));
}

std::unexpected<Error> damaged(const std::string& id, const std::vector<BrokenFile>& broken) {
  std::vector<std::string> messages;
  for (const BrokenFile& file : broken) messages.push_back(file.message);
  return fail(
      Error(ErrorKind::kCorrupt, fmt::format("archive {} is damaged: {}", id, join(messages, "; ")))
          .about(id)
          .advise("`sluice backup list` shows others"));
}

}  // namespace

Result<ArchiveReport> Sluice::backup_create(const ArchiveOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const Place place, impl_->place(options.location));
  TRY(check_kind(place.location));
  if (!place.location.parameter("snapshot", "").empty() ||
      !place.location.parameter("at", "").empty()) {
    return fail(Error(ErrorKind::kInvalid, "a lake is backed up with all its snapshots")
                    .about(place.location.display())
                    .advise("leave snapshot= and at= away"));
  }
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  const fs::path folder = folder_of(*impl_, options.folder);
  ArchiveManifest manifest;
  manifest.id = make_ulid();
  manifest.location = place.location.display();
  manifest.kind = place.location.kind;
  manifest.catalog = place.location.catalog;
  manifest.created_at = format_rfc3339(now_unix_ms());
  TRY_ASSIGN(ArchiveDraft draft, ArchiveDraft::begin(folder, manifest.id));
  if (is_server(place.location)) {
    TRY(draft_server(place.location, options.drill, *engine, *impl_, draft, ticker, manifest));
  } else {
    TRY(is_lake(place.location) ? draft_lake(place.location, *engine, draft, ticker, manifest)
                                : draft_file(place.location, *engine, draft, manifest));
  }
  if (options.drill && !manifest.drilled) {
    TRY(drill(*impl_, *engine, place.location, draft, ticker, manifest));
  }
  TRY(draft.commit(manifest));
  ArchiveReport report;
  report.archive = facts_of(FoundArchive{folder / manifest.id, manifest, std::nullopt});
  report.seconds = watch.seconds();
  return report;
}

Result<ArchiveListReport> Sluice::backup_list(const fs::path& folder) {
  ArchiveListReport report;
  TRY_ASSIGN(const auto archives, list_archives(folder_of(*impl_, folder)));
  for (const FoundArchive& archive : archives) report.archives.push_back(facts_of(archive));
  if (folder.empty()) {
    TRY_ASSIGN(const auto backups, list_backups(impl_->settings.state_folder));
    for (const BackupRecord& backup : backups) report.archives.push_back(facts_of(backup));
  }
  std::stable_sort(report.archives.begin(), report.archives.end(),
                   [](const ArchiveFacts& a, const ArchiveFacts& b) { return a.id < b.id; });
  return report;
}

Result<ArchiveCheckReport> Sluice::backup_verify(const std::string& archive,
                                                 const fs::path& folder) {
  const Stopwatch watch;
  ArchiveCheckReport report;
  TRY_ASSIGN(const auto of_run, find_run_backup(*impl_, folder, archive));
  if (of_run) {
    report.archive = facts_of(*of_run);
    const Status sound = verify_backup(*of_run);
    if (!sound && sound.error().kind != ErrorKind::kCorrupt) return fail(sound.error());
    if (!sound) {
      report.findings.push_back(
          {"damaged_file", fs::path(of_run->file).filename().string(), sound.error().message});
    }
    report.seconds = watch.seconds();
    return report;
  }
  TRY_ASSIGN(const FoundArchive found, find_archive(folder_of(*impl_, folder), archive));
  report.archive = facts_of(found);
  if (found.problem) {
    report.findings.push_back({"damaged_manifest", "manifest.json", found.problem->message});
  } else {
    TRY_ASSIGN(const auto broken, check_archive(found));
    for (const BrokenFile& file : broken) {
      report.findings.push_back({file.kind, file.file, file.message});
    }
  }
  report.seconds = watch.seconds();
  return report;
}

Result<RestoreReport> Sluice::backup_restore(const RestoreOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const Place place, impl_->place(options.target));
  RestoreChoices choices{.force = options.force};
  TRY_ASSIGN(choices.access, FileAccess::resolve(options.access));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  RestoreReport report;
  report.target = place.location.display();
  TRY_ASSIGN(const auto of_run, find_run_backup(*impl_, options.folder, options.archive));
  std::vector<ArchivedContent> expected;
  ArchiveFacts facts;
  if (of_run) {
    facts = facts_of(*of_run);
    TRY(check_target(facts, place.location));
    TRY(verify_backup(*of_run));
    TRY(restore_file(of_run->file, place.location, choices));
  } else {
    TRY_ASSIGN(const FoundArchive found,
               find_archive(folder_of(*impl_, options.folder), options.archive));
    facts = facts_of(found);
    if (found.problem) return fail(*found.problem);
    TRY(check_target(facts, place.location));
    ticker.phase("read archive", 0);
    TRY_ASSIGN(const auto broken, check_archive(found));
    if (!broken.empty()) return damaged(facts.id, broken);
    ticker.phase("restore", 0);
    if (is_server(place.location)) {
      TRY_ASSIGN(report.kept,
                 restore_server(found.path, found.manifest, place.location,
                                {options.force, options.keep_owners}, *engine, *impl_, ticker));
    } else if (is_lake(place.location)) {
      TRY_ASSIGN(report.data_path,
                 restore_lake(found.path, found.manifest, place.location, *engine, choices));
    } else {
      TRY(restore_file(found.path / kArchiveDatabase, place.location, choices));
    }
    if (found.manifest.drilled) expected = found.manifest.tables;
    // A server's content was compared before it got its name.
    report.tables = expected.size();
  }
  ticker.phase("verify", 0);
  if (!is_server(place.location)) {
    TRY_ASSIGN(report.tables, count_tables(place.location, *engine));
  }
  if (!expected.empty() && !is_server(place.location)) {
    TRY_ASSIGN(const auto content, content_of(place.location, *engine, *impl_, ticker));
    TRY(check_same_content(expected, content, report.target));
  }
  report.id = facts.id;
  report.files = facts.files;
  report.bytes = facts.bytes;
  report.seconds = watch.seconds();
  return report;
}

Result<PruneReport> Sluice::backup_prune(const PruneOptions& options) {
  const fs::path folder = folder_of(*impl_, options.folder);
  PruneReport report;
  report.done = !options.dry_run;
  if (!options.dry_run) TRY(sweep_unfinished(folder));
  TRY_ASSIGN(auto archives, list_archives(folder));
  std::reverse(archives.begin(), archives.end());
  const std::string limit =
      format_rfc3339(now_unix_ms() - 1000 * static_cast<std::int64_t>(options.older_than.count()));
  std::map<std::string, int> seen;  // by location, the newest first
  for (const FoundArchive& archive : archives) {
    // One whose manifest cannot be read is of an unknown place and time.
    const bool is_known = !archive.problem;
    const int place = is_known ? ++seen[archive.manifest.location] : 0;
    const bool is_many = options.keep == 0 || place > options.keep;
    const bool is_old = options.older_than.count() == 0 || archive.manifest.created_at < limit;
    if (!is_known || !is_many || !is_old) {
      ++report.kept;
      continue;
    }
    if (!options.dry_run) TRY(remove_archive(folder, archive.manifest.id));
    report.removed.push_back(facts_of(archive));
  }
  std::reverse(report.removed.begin(), report.removed.end());
  return report;
}

}  // namespace sluice
