// Private to operations/: archives of servers (backup/dump_server.h).
#pragma once

#include <filesystem>
#include <string>

#include "backup/dump_server.h"
#include "migrate/ticker.h"
#include "operations/session.h"

namespace sluice {

// Dumps the database into `draft`; with `drill` restores it to a database of its own on the same
// server, and compares: of PostgreSQL with the very snapshot that was dumped, of MariaDB each table
// that nobody wrote to meanwhile.
Status draft_server(const Location& location, bool drill, Engine& engine, const Sluice::Impl& impl,
                    const ArchiveDraft& draft, Ticker& ticker, ArchiveManifest& manifest);

struct ServerRestore {
  bool force = false;
  bool keep_owners = true;
};

// Restores to a database of its own, compares with the manifest, and gives it its name then.
// Returns: under which name what was there is kept; "" where nothing was. Errors: kExists.
Result<std::string> restore_server(const std::filesystem::path& archive,
                                   const ArchiveManifest& manifest, const Location& target,
                                   const ServerRestore& choices, Engine& engine,
                                   const Sluice::Impl& impl, Ticker& ticker);

// The location with all schemas that a backup has.
Result<Location> with_all_schemas(const Location& location, DumpServer& server);

}  // namespace sluice
