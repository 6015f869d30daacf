// Private to engine/: the table function sluice_scan(id) and the scalar function sluice_tap(...).
#pragma once

#include <duckdb.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/table_source.h"

namespace sluice {

std::int64_t register_scan_source(std::shared_ptr<TableSource> source);
void unregister_scan_source(std::int64_t id);
Status register_functions(duckdb_connection connection);

// An Error cannot pass through the engine, only its text can: park_error keeps it and returns a
// text with a token, unpark_error finds it again by that token in the engine's message.
std::string park_error(Error error);
std::optional<Error> unpark_error(const std::string& message);

}  // namespace sluice
