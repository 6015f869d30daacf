#include "backup/dump_server.h"

#include <fmt/format.h>

namespace sluice {

bool is_server(const Location& location) {
  return location.kind == "postgres" || location.kind == "mysql";
}

Result<std::unique_ptr<DumpServer>> open_dump_server(const Location& location,
                                                     const DumpChoices& choices) {
  if (!location.parameter("schema", "").empty()) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("a database of PostgreSQL is backed up and restored as a whole, "
                                  "and {} names a schema",
                                  location.display()))
                    .about(location.display())
                    .advise("leave schema= away; `sluice migrate` copies one schema"));
  }
  if (location.database.empty()) {
    return fail(Error(ErrorKind::kInvalid, location.display() + " names no database")
                    .about(location.display())
                    .advise("write it behind the host: " + location.kind + "://HOST/DATABASE"));
  }
  return location.kind == "postgres" ? open_postgres_dump_server(location, choices)
                                     : open_mysql_dump_server(location, choices);
}

}  // namespace sluice
