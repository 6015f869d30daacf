// backup restore.

#include <fmt/format.h>

#include <optional>

#include "backup/archive.h"
#include "backup/backup.h"
#include "backup/packed_archive.h"
#include "base/clock.h"
#include "base/text.h"
#include "format/ducklake/moments.h"
#include "operations/archive_content.h"
#include "operations/archive_facts.h"
#include "operations/archive_place.h"
#include "operations/open_endpoint.h"
#include "operations/server_archive.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

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

// The files of an archive as a folder: itself, or what is unpacked of a file, removed afterwards.
struct OpenedArchive {
  fs::path path;
  std::optional<ArchiveDraft> unpacked;
};

// Reads all of it before anything is touched.
Result<OpenedArchive> open_sound(const FoundArchive& found, const fs::path& folder) {
  OpenedArchive out{found.path, std::nullopt};
  std::vector<BrokenFile> broken;
  if (found.format == kArchiveFolder) {
    TRY_ASSIGN(broken, check_archive(found));
  } else {
    TRY(check_space(found.manifest.bytes(), folder));
    TRY_ASSIGN(ArchiveDraft draft, ArchiveDraft::begin(folder, make_ulid()));
    out.path = draft.path();
    out.unpacked.emplace(std::move(draft));
    TRY_ASSIGN(broken, check_packed(found.path, found.manifest, out.path));
  }
  if (!broken.empty()) return damaged(found.manifest.id, broken);
  return out;
}

// The newest one made before a time; by its id where no time is given.
Result<FoundArchive> choose_archive(const fs::path& folder, const RestoreOptions& options) {
  if (options.before.empty()) return find_archive(folder, options.archive);
  const auto moment = ducklake::parse_moment(options.before);
  if (!moment || options.archive != "last") {
    return fail(Error(ErrorKind::kInvalid,
                      moment ? fmt::format("--before chooses among all archives, and {} is one",
                                           options.archive)
                             : fmt::format("--before: \"{}\" is no time", options.before))
                    .about("--before")
                    .advise("sluice backup restore last TARGET --before 2026-01-31T12:00:00Z"));
  }
  const std::string limit = format_rfc3339(*moment / 1000);
  TRY_ASSIGN(auto archives, list_archives(folder));
  std::erase_if(archives, [&](const FoundArchive& one) {
    return one.problem || one.manifest.created_at >= limit;
  });
  if (!archives.empty()) return std::move(archives.back());
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("no archive in \"{}\" was made before {}", folder.string(), limit))
                  .about(options.before)
                  .advise("`sluice backup list` shows them; --dir names another folder"));
}

// A restore under way.
struct Restoring {
  const RestoreOptions& options;
  const Location& target;
  Engine& engine;
  const Sluice::Impl& impl;
  Ticker& ticker;
  RestoreReport report;
  std::vector<ArchivedContent> expected;
};

Status take_facts(Restoring& work, const ArchiveFacts& facts) {
  work.report.id = facts.id;
  work.report.files = facts.files;
  work.report.bytes = facts.bytes;
  return check_target(facts, work.target);
}

Status restore_archive(Restoring& work, const RestoreChoices& choices) {
  const fs::path folder = archive_folder(work.impl, work.options.folder);
  TRY_ASSIGN(const FoundArchive found, choose_archive(folder, work.options));
  if (found.problem) return fail(*found.problem);
  TRY(take_facts(work, facts_of(found)));
  work.ticker.phase("read archive", 0);
  TRY_ASSIGN(const OpenedArchive opened, open_sound(found, folder));
  work.ticker.phase("restore", 0);
  if (found.manifest.drilled) work.expected = found.manifest.tables;
  if (is_server(work.target)) {
    // Its content is compared before it gets its name.
    work.report.tables = found.manifest.tables.size();
    TRY_ASSIGN(work.report.kept, restore_server(opened.path, found.manifest, work.target,
                                                {work.options.force, work.options.keep_owners},
                                                work.engine, work.impl, work.ticker));
    return {};
  }
  if (work.target.kind != "ducklake") {
    RestoreChoices checked = choices;
    checked.check = [&work](const Location& copy) -> Status {
      if (work.expected.empty()) return {};
      TRY_ASSIGN(const auto content, content_of(copy, work.engine, work.impl, work.ticker));
      return check_same_content(work.expected, content, copy.display());
    };
    TRY_ASSIGN(work.report.kept,
               restore_file(opened.path / kArchiveDatabase, work.target, checked));
    return {};
  }
  TRY_ASSIGN(work.report.data_path,
             restore_lake(opened.path, found.manifest, work.target, work.engine, choices));
  return {};
}

Status compare_restored(Restoring& work) {
  work.ticker.phase("verify", 0);
  TRY_ASSIGN(work.report.tables, count_tables(work.target, work.engine));
  if (work.expected.empty()) return {};
  TRY_ASSIGN(const auto content, content_of(work.target, work.engine, work.impl, work.ticker));
  return check_same_content(work.expected, content, work.report.target);
}

}  // namespace

Result<RestoreReport> Sluice::backup_restore(const RestoreOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const Place place, impl_->place(options.target));
  RestoreChoices choices{.force = options.force};
  TRY_ASSIGN(choices.access, FileAccess::resolve(options.access));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  Restoring work{options, place.location, *engine, *impl_, ticker, {}, {}};
  work.report.target = place.location.display();
  TRY_ASSIGN(const auto of_run, find_run_backup(*impl_, options.folder, options.archive));
  if (of_run) {
    TRY(take_facts(work, facts_of(*of_run)));
    TRY(verify_backup(*of_run));
    TRY_ASSIGN(work.report.kept, restore_file(of_run->file, place.location, choices));
  } else {
    TRY(restore_archive(work, choices));
  }
  if (!is_server(place.location)) TRY(compare_restored(work));
  work.report.seconds = watch.seconds();
  return std::move(work.report);
}

}  // namespace sluice
