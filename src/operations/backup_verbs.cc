// backup create, list, verify, prune.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "backup/archive.h"
#include "backup/backup.h"
#include "backup/retention.h"
#include "base/clock.h"
#include "base/file.h"
#include "operations/archive_content.h"
#include "operations/archive_facts.h"
#include "operations/archive_place.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/server_archive.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

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

// What a limit of `options` keeps of each location. Requires: the newest first.
std::set<std::string> kept_ids(const std::vector<FoundArchive>& archives,
                               const PruneOptions& options) {
  const RetentionRule rule{options.keep, options.keep_daily, options.keep_weekly,
                           options.keep_monthly};
  std::map<std::string, std::vector<DatedArchive>> by_location;
  for (const FoundArchive& archive : archives) {
    if (archive.problem) continue;
    by_location[archive.manifest.location].push_back(
        {archive.manifest.id, archive.manifest.created_at});
  }
  std::set<std::string> out;
  for (const auto& [location, dated] : by_location) out.merge(kept_by(rule, dated));
  return out;
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
  const fs::path folder = archive_folder(*impl_, options.folder);
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
  FoundArchive made{folder / manifest.id, manifest, std::nullopt, options.format};
  if (options.format == kArchiveFolder) {
    TRY(draft.commit(manifest));
  } else {
    made.path += "." + options.format;
    TRY(draft.commit_packed(manifest, options.format));
  }
  ArchiveReport report;
  report.archive = facts_of(made);
  report.seconds = watch.seconds();
  return report;
}

Result<ArchiveListReport> Sluice::backup_list(const fs::path& folder) {
  ArchiveListReport report;
  TRY_ASSIGN(const auto archives, list_archives(archive_folder(*impl_, folder)));
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
  TRY_ASSIGN(const FoundArchive found, find_archive(archive_folder(*impl_, folder), archive));
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

Result<PruneReport> Sluice::backup_prune(const PruneOptions& options) {
  const fs::path folder = archive_folder(*impl_, options.folder);
  PruneReport report;
  report.done = !options.dry_run;
  if (!options.dry_run) TRY(sweep_unfinished(folder));
  TRY_ASSIGN(auto archives, list_archives(folder));
  std::reverse(archives.begin(), archives.end());
  const std::string limit =
      format_rfc3339(now_unix_ms() - 1000 * static_cast<std::int64_t>(options.older_than.count()));
  const std::set<std::string> kept = kept_ids(archives, options);
  for (const FoundArchive& archive : archives) {
    // One whose manifest cannot be read is of an unknown place and time.
    const bool is_known = !archive.problem;
    const bool is_old = options.older_than.count() == 0 || archive.manifest.created_at < limit;
    if (!is_known || kept.contains(archive.manifest.id) || !is_old) {
      ++report.kept;
      continue;
    }
    if (!options.dry_run) TRY(remove_archive(folder, archive));
    report.removed.push_back(facts_of(archive));
  }
  std::reverse(report.removed.begin(), report.removed.end());
  return report;
}

}  // namespace sluice
