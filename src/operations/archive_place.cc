#include "operations/archive_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "backup/lake_copy.h"
#include "backup/lake_files.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/files.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/reach_files.h"
#include "operations/open_endpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kAttemptsMax = 5;
constexpr std::chrono::milliseconds kCatalogWait{60'000};

std::string absolute_path(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

Status remove_database_files(const std::string& path) {
  for (const char* const ending : {"", "-wal", "-shm", "-journal", ".wal"}) {
    TRY(remove_file(path + ending));
  }
  return {};
}

// Files that lie elsewhere than the others are not counted on S3.
Result<std::uint64_t> bytes_of(const LakeCopy& copy, Engine& engine) {
  std::uint64_t out = 0;
  if (!is_remote_path(copy.data_path)) {
    for (const LakeFileCopy& file : copy.files) {
      std::error_code code;
      const std::uintmax_t bytes = fs::file_size(file.source, code);
      if (!code) out += bytes;
    }
    return out;
  }
  std::set<std::string> wanted;
  for (const LakeFileCopy& file : copy.files) wanted.insert(file.source);
  TRY_ASSIGN(const auto found, engine.files_of(copy.data_path).list_below(copy.data_path));
  for (const FoundFile& file : found) out += wanted.contains(file.path) ? file.bytes : 0;
  return out;
}

Result<LakeCopy> capture(const Location& location, Engine& engine, const fs::path& file) {
  TRY_ASSIGN(const auto source,
             ducklake::open_lake(location, engine, {false, engine.cancel_token()}));
  if (source == nullptr) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no lake in {}", location.display()))
            .about(location.display())
            .advise("check the path or the server behind ducklake:"));
  }
  TRY(remove_database_files(file.string()));
  TRY_ASSIGN(auto archive, open_sqlite_catalog(file.string(), {true, engine.cancel_token()}));
  TRY_ASSIGN(LakeCopy copy, capture_lake(*source, location.parameter("data_path", ""), *archive));
  TRY(seal_catalog(std::move(archive), file.string()));
  return copy;
}

// Returns: the copy, beside the place that it is for.
Result<fs::path> copy_beside(const fs::path& source, const fs::path& target,
                             const FileAccess& access) {
  TRY(make_folders(target.parent_path(), access));
  std::error_code code;
  const std::uintmax_t bytes = fs::file_size(source, code);
  if (!code) TRY(check_space(bytes, target.parent_path()));
  fs::path unfinished = target.string() + ".sluice-tmp";
  fs::copy_file(source, unfinished, fs::copy_options::overwrite_existing, code);
  if (code) return fail(errno_error(code.value(), "copy to", unfinished));
  TRY(sync_file(unfinished));
  TRY(access.give_file(unfinished));
  crash_point();
  return unfinished;
}

// A second name for the same bytes where that is wished for and possible.
Status place_file(const fs::path& source, const fs::path& target, const RestoreChoices& choices) {
  if (choices.link_files) {
    TRY(make_folders(target.parent_path()));
    if (::link(source.c_str(), target.c_str()) == 0) return {};
  }
  TRY_ASSIGN(const fs::path unfinished, copy_beside(source, target, choices.access));
  return rename_durably(unfinished, target);
}

// Reads all of it as those who shall be able to.
Status check_readers(const FileAccess& access, const ReadableSet& set) {
  const Status readable = check_readable(access, set);
  if (readable) return {};
  Error error = readable.error();
  error.hint += "\nand restore again with --force: the files are there already";
  return fail(std::move(error));
}

// A second name for a file that gives way. Returns: it; "" where there is no file.
Result<std::string> keep_file(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return std::string();
  const fs::path kept = path.string() + ".before-" + make_ulid();
  fs::create_hard_link(path, kept, code);
  if (code) fs::copy_file(path, kept, code);  // a file system without links
  if (code) return fail(errno_error(code.value(), "keep", kept));
  TRY(sync_file(kept));
  TRY(sync_file(path.parent_path()));
  return kept.string();
}

std::unexpected<Error> is_there(const std::string& what) {
  return fail(Error(ErrorKind::kExists, fmt::format("{} is there already", what))
                  .about(what)
                  .advise("choose another place, or --force to replace it"));
}

// An old catalog in SQLite may have rows in its log alone: it is closed in order, or left.
Status retire_sqlite(const Location& target, Engine& engine) {
  TRY_ASSIGN(const auto old, ducklake::open_catalog(target, engine, {true, nullptr}));
  const auto mode = old->query("PRAGMA journal_mode = DELETE");
  if (mode && !mode->empty() && mode->front().at(0) == "delete") return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("the catalog \"{}\" is in use by others", target.path))
                  .about(target.path)
                  .advise("close the programs that have it open, or restore to another place"));
}

// A lake that is to be made, and the files of it that are there already.
struct LakePlace {
  std::string data_path;
  ReadableSet files;
  FileAccess access;
};

Status write_catalog(CatalogDatabase& archive, const ArchiveManifest& manifest,
                     CatalogDatabase& target, const std::string& data_path, bool replace) {
  TRY(archive.begin_read());
  const auto act = [&]() -> Status {
    TRY(target.begin_write(kCatalogWait));
    TRY_ASSIGN(const bool found, target.has_table("ducklake_snapshot"));
    if (found && !replace) return is_there("the lake " + target.display());
    if (found) TRY(target.remove_lake());
    TRY(restore_catalog(archive, manifest.data_path, target, data_path));
    crash_point();
    return target.commit();
  };
  const Status done = act();
  target.end();
  archive.end();
  return done;
}

Status restore_catalog_file(CatalogDatabase& archive, const ArchiveManifest& manifest,
                            const Location& target, Engine& engine, LakePlace place) {
  const std::string path = absolute_path(target.path);
  Location unfinished = target;
  unfinished.path = path + ".sluice-" + to_lower(manifest.id);
  TRY(make_folders(fs::path(path).parent_path(), place.access));
  TRY(remove_database_files(unfinished.path));
  TRY_ASSIGN(auto database, ducklake::open_catalog(unfinished, engine, {true, nullptr}));
  const auto act = [&]() -> Status {
    TRY(write_catalog(archive, manifest, *database, place.data_path, false));
    if (target.catalog == "sqlite") TRY(seal_catalog(std::move(database), unfinished.path));
    database.reset();
    TRY(sync_file(unfinished.path));
    TRY(place.access.give_file(unfinished.path));
    add_catalog(place.files, unfinished.path, target.catalog == "sqlite");
    TRY(check_readers(place.access, place.files));
    std::error_code code;
    if (fs::exists(path, code) && target.catalog == "sqlite") TRY(retire_sqlite(target, engine));
    for (const char* const ending : {"-wal", "-shm", ".wal"}) fs::remove(path + ending, code);
    crash_point();
    return rename_durably(unfinished.path, path);
  };
  Status done = act();
  if (!done) static_cast<void>(remove_database_files(unfinished.path));
  return done;
}

Status check_no_lake_there(const Location& target, Engine& engine) {
  std::error_code code;
  if (!target.path.empty() && fs::exists(target.path, code)) {
    return is_there("\"" + absolute_path(target.path) + "\"");
  }
  if (target.path.empty()) {
    TRY_ASSIGN(const auto lake, ducklake::open_lake(target, engine, {false, nullptr}));
    if (lake != nullptr) return is_there("the lake " + target.display());
  }
  return {};
}

// Where the files of the lake go that is restored.
Result<std::string> restored_data_path(const Location& target, Engine& engine) {
  if (target.path.empty() && target.parameter("data_path", "").empty()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("a lake that is restored to {} needs a folder for its files",
                                  target.display()))
                    .about(target.display())
                    .advise("add data_path=DIR to the location"));
  }
  return ducklake::new_data_path(target, engine);
}

Status check_no_files_there(const std::string& data_path, Files& files) {
  if (!files.is_local()) {
    TRY_ASSIGN(const bool is_taken, files.has_folder(data_path.substr(0, data_path.size() - 1)));
    return is_taken ? Status(is_there("\"" + data_path + "\"")) : Status();
  }
  std::error_code code;
  if (fs::exists(data_path, code) && !fs::is_empty(data_path, code)) {
    return is_there("\"" + data_path + "\"");
  }
  return {};
}

}  // namespace

Status check_space(std::uint64_t needed, const fs::path& folder) {
  TRY_ASSIGN(const std::uint64_t free, free_bytes(folder));
  if (needed <= free) return {};
  return fail(Error(ErrorKind::kLimit,
                    fmt::format("the files take {}, \"{}\" has {} free", format_bytes(needed),
                                folder.string(), format_bytes(free)))
                  .about(folder.string())
                  .advise("free some space, or choose another folder"));
}

Status draft_lake(const Location& location, Engine& engine, const ArchiveDraft& draft,
                  Ticker& ticker, ArchiveManifest& manifest) {
  std::map<std::string, ArchivedFile> copied;
  for (int attempt = 1;; ++attempt) {
    ticker.phase("catalog", 0);
    TRY_ASSIGN(const LakeCopy copy, capture(location, engine, draft.path() / kArchiveCatalog));
    TRY_ASSIGN(const std::uint64_t needed, bytes_of(copy, engine));
    TRY(check_space(needed, draft.path()));
    manifest.snapshot = copy.snapshot;
    manifest.data_path = copy.data_path;
    manifest.files.clear();
    ticker.phase("copy files", 0);
    Status done;
    for (const LakeFileCopy& file : copy.files) {
      if (engine.cancel_token() != nullptr) TRY(engine.cancel_token()->check());
      const std::string name = (fs::path(kArchiveData) / file.name).string();
      if (!copied.contains(name)) {
        auto one = draft.copy(file.source, name, engine.files_of(file.source));
        if (!one) {
          done = fail(std::move(one.error()));
          break;
        }
        ticker.bytes().fetch_add(one->bytes);
        copied.emplace(name, std::move(*one));
      }
      manifest.files.push_back(copied.at(name));
    }
    if (done) break;
    // Somebody expired snapshots in between, and removed their files: there is a newer moment.
    if (done.error().kind != ErrorKind::kNotFound || attempt == kAttemptsMax) {
      if (done.error().kind == ErrorKind::kNotFound) {
        done.error().hint =
            "`sluice lake fsck` says whether the lake lacks files; where its "
            "folder was moved, data_path=DIR in the location names the new one";
      }
      return done;
    }
  }
  // Files of earlier attempts that the last one does not have.
  std::vector<std::string> needed;
  for (const ArchivedFile& file : manifest.files) needed.push_back(file.path);
  std::sort(needed.begin(), needed.end());
  for (const auto& [name, file] : copied) {
    std::error_code code;
    if (!std::binary_search(needed.begin(), needed.end(), name)) {
      fs::remove(draft.path() / name, code);
    }
  }
  TRY_ASSIGN(ArchivedFile catalog, draft.take(kArchiveCatalog));
  manifest.files.insert(manifest.files.begin(), std::move(catalog));
  return {};
}

Status draft_file(const Location& location, Engine& engine, const ArchiveDraft& draft,
                  ArchiveManifest& manifest) {
  TRY_ASSIGN(const auto endpoint, open_endpoint(location, engine, false));
  std::error_code code;
  const std::uintmax_t bytes = fs::file_size(location.path, code);
  if (!code) TRY(check_space(bytes, draft.path()));
  const fs::path file = draft.path() / kArchiveDatabase;
  TRY(endpoint->backup(file.string()));
  TRY(sync_file(file));
  TRY_ASSIGN(ArchivedFile taken, draft.take(kArchiveDatabase));
  manifest.files.push_back(std::move(taken));
  return {};
}

Result<std::string> restore_lake(const fs::path& archive, const ArchiveManifest& manifest,
                                 const Location& target, Engine& engine,
                                 const RestoreChoices& choices) {
  if (!choices.force) TRY(check_no_lake_there(target, engine));
  TRY_ASSIGN(const std::string data_path, restored_data_path(target, engine));
  Files& files = engine.files_of(data_path);
  TRY(check_access_wish(!choices.access.empty(), data_path));
  if (!choices.force) TRY(check_no_files_there(data_path, files));
  if (files.is_local()) {
    TRY(make_folders(data_path, choices.access));
    if (!choices.link_files) TRY(check_space(manifest.bytes(), data_path));
  }
  LakePlace place{data_path, {}, choices.access};
  for (const ArchivedFile& file : manifest.files) {
    if (file.path == kArchiveCatalog) continue;
    if (engine.cancel_token() != nullptr) TRY(engine.cancel_token()->check());
    const std::string name = fs::path(file.path).lexically_relative(kArchiveData).string();
    if (!files.is_local()) {
      TRY(bring_file(archive, file, data_path + name, files));
      continue;
    }
    TRY(place_file(archive / file.path, fs::path(data_path) / name, choices));
    place.files.files.push_back(fs::path(data_path) / name);
  }
  if (files.is_local()) TRY(sync_file(data_path));
  TRY_ASSIGN(const auto kept,
             open_sqlite_catalog((archive / kArchiveCatalog).string(), {false, nullptr}));
  if (!target.path.empty()) {
    TRY(restore_catalog_file(*kept, manifest, target, engine, std::move(place)));
  } else {
    TRY(check_readers(place.access, place.files));
    TRY_ASSIGN(const auto database, ducklake::open_catalog(target, engine, {true, nullptr}));
    TRY(write_catalog(*kept, manifest, *database, data_path, choices.force));
  }
  return data_path;
}

Result<std::string> restore_file(const fs::path& archive, const Location& target,
                                 const RestoreChoices& choices) {
  const fs::path path = absolute_path(target.path);
  std::error_code code;
  if (fs::exists(path, code) && !choices.force) return is_there("\"" + path.string() + "\"");
  for (const char* const ending : {"-wal", "-journal", ".wal"}) {
    const std::string log = path.string() + ending;
    if (!fs::exists(log, code) || fs::file_size(log, code) == 0) continue;
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("\"{}\" is there: the database is in use, or was not closed", log))
            .about(log)
            .advise("close the programs that have it open, or restore to another place"));
  }
  TRY_ASSIGN(const fs::path unfinished, copy_beside(archive, path, choices.access));
  const auto act = [&]() -> Result<std::string> {
    ReadableSet set;
    add_catalog(set, unfinished, target.kind == "sqlite");
    TRY(check_readable(choices.access, set));
    if (choices.check) {
      Location copy = target;
      copy.path = unfinished.string();
      TRY(choices.check(copy));
    }
    TRY_ASSIGN(const std::string kept, keep_file(path));
    crash_point();
    TRY(rename_durably(unfinished, path));
    return kept;
  };
  auto done = act();
  if (!done) static_cast<void>(remove_database_files(unfinished.string()));
  return done;
}

}  // namespace sluice
