#include "operations/stored_data_path.h"

#include <fmt/format.h>

#include "endpoint/ducklake/open_catalog.h"

namespace sluice {

Result<std::string> stored_data_path(const Location& location, Engine& engine) {
  TRY_ASSIGN(const auto database,
             ducklake::open_lake(location, engine, {false, engine.cancel_token()}));
  if (database == nullptr) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no lake in {}", location.display()))
            .about(location.display())
            .advise("`sluice migrate` and `sluice ingest` make lakes"));
  }
  TRY(database->begin_read());
  auto found = DuckLakeCatalog(*database, "").data_path();
  database->end();
  return found;
}

}  // namespace sluice
