// Private to operations/: what is between an archive and a place.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "backup/archive.h"
#include "base/file_access.h"
#include "migrate/ticker.h"
#include "operations/session.h"

namespace sluice {

// Copies a lake into `draft`: its catalog at one moment and the files of all snapshots that it has
// then. Writers go on meanwhile; files that they remove in between make it begin again.
Status draft_lake(const Location& location, Engine& engine, const ArchiveDraft& draft,
                  Ticker& ticker, ArchiveManifest& manifest);
// Copies a database file by its system's own means.
Status draft_file(const Location& location, Engine& engine, const ArchiveDraft& draft,
                  ArchiveManifest& manifest);

// Errors: kLimit with both numbers.
Status check_space(std::uint64_t needed, const std::filesystem::path& folder);

struct RestoreChoices {
  bool force = false;       // what is there is replaced
  bool link_files = false;  // a second name for the archive's bytes; with no `access`
  FileAccess access{};      // of the files and folders that are made
  // Looks at a database file that is whole, and has not its name yet.
  std::function<Status(const Location&)> check{};
};

// Restores the archive at `archive` to `target`, files first and the catalog last, by one rename or
// one transaction. Requires: nothing is there, or `force`. Returns: the data path of a lake.
// Errors: kExists, kConflict where what is there is in use; kDenied where a reader of `access`
// could not read all of it: the catalog is not there then.
Result<std::string> restore_lake(const std::filesystem::path& archive,
                                 const ArchiveManifest& manifest, const Location& target,
                                 Engine& engine, const RestoreChoices& choices);
// By one rename. Returns: the name under which the file is kept that was there; "" where none was.
Result<std::string> restore_file(const std::filesystem::path& archive, const Location& target,
                                 const RestoreChoices& choices);

}  // namespace sluice
