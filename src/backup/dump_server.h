// A server whose own tools copy its databases: `backup` of PostgreSQL, MariaDB and MySQL.
//
// A database that is restored is made under a name of its own, sluice_scratch_<ULID>, and gets its
// name only once it is whole. Its maker holds a lock of the server of that name as long as it
// lives; what processes that died left is dropped by the next one.
//
// A password reaches the tools by their environment, which only their user can read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backup/archive.h"
#include "base/cancel.h"
#include "base/result.h"
#include "model/location.h"

namespace sluice {

inline constexpr const char* kPostgresDump = "database.dump";  // pg_dump's custom format
inline constexpr const char* kMysqlTables = "tables.sql";
inline constexpr const char* kMysqlObjects = "objects.sql";  // triggers, routines and events
inline constexpr const char* kMysqlViews = "views.sql";

struct DumpChoices {
  bool keep_owners = true;  // PostgreSQL: owners and grants come along
  int threads = 1;
  const CancelToken* cancel = nullptr;
};

struct DumpedDatabase {
  std::vector<std::string> files;  // below the folder
  ArchivedTraits traits;
};

class DumpServer {
 public:
  virtual ~DumpServer() = default;

  // The schemas whose tables are the database's content, for a location's `schema`; "" where the
  // system has no schemas.
  virtual Result<std::string> schemas(const std::string& database) = 0;

  // One moment of the location's database, while others write. `snapshot`: ReadSession's of the
  // same database, or "". Errors: kNotFound where the tool is not installed.
  virtual Result<DumpedDatabase> dump(const std::filesystem::path& folder,
                                      const std::string& snapshot) = 0;

  // Whether the location's database is there and has anything in it.
  virtual Result<bool> is_taken() = 0;

  // Returns: its name. Errors: kDenied names the right that is missing.
  virtual Result<std::string> make_scratch(const ArchivedTraits& traits) = 0;
  // Loads what dump() made. Requires: `scratch` was made.
  virtual Status load(const std::filesystem::path& folder, const std::string& scratch,
                      const ArchivedTraits& traits) = 0;
  virtual Status drop_scratch(const std::string& scratch) = 0;

  // Gives the scratch database the location's name. What has the name is kept under another, which
  // is returned, "" where there was nothing. One step; where it is more (MariaDB, with triggers or
  // views), a second call of finish() goes on after a crash.
  // Requires: `replace` where is_taken(). Errors: kConflict where others are connected.
  virtual Result<std::string> publish(const std::filesystem::path& folder,
                                      const std::string& scratch, const ArchiveManifest& manifest,
                                      bool replace) = 0;
  // Whether a restore of this archive died within publish(); then it is finished.
  virtual Result<bool> finish(const std::filesystem::path& folder,
                              const ArchiveManifest& manifest) = 0;
};

bool is_server(const Location& location);
// Errors: those of a connection; kUnsupported for a location with a schema.
Result<std::unique_ptr<DumpServer>> open_dump_server(const Location& location,
                                                     const DumpChoices& choices);

Result<std::unique_ptr<DumpServer>> open_postgres_dump_server(const Location& location,
                                                              const DumpChoices& choices);
Result<std::unique_ptr<DumpServer>> open_mysql_dump_server(const Location& location,
                                                           const DumpChoices& choices);

}  // namespace sluice
