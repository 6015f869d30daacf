// Private to endpoint/ducklake: the catalog that a location names, and the moment.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/catalog_database.h"
#include "lake_catalog/ducklake_catalog.h"
#include "model/location.h"

namespace sluice::ducklake {

// Errors: kUnsupported for a database of another kind; those of opening it.
Result<std::unique_ptr<CatalogDatabase>> open_catalog(const Location& location, Engine& engine,
                                                      const CatalogOptions& options);

// The same where a lake is there, with the way to its files opened; null where there is none yet,
// nothing is made. Errors: kExists for a file of the database's kind that holds something else;
// those of reach_files().
Result<std::unique_ptr<CatalogDatabase>> open_lake(const Location& location, Engine& engine,
                                                   const CatalogOptions& options);

// Where a new lake's files go: the location's data_path, absolute; beside a catalog in a file where
// it names none. Opens the way there. Errors: kInvalid for a catalog on a server that names none;
// those of reach_files().
Result<std::string> new_data_path(const Location& location, Engine& engine);

// Where the files of a lake are that is there. Errors: kInvalid where the location names another
// place.
Result<std::string> known_data_path(CatalogDatabase& database, const Location& location);

// Whether the folder of a lake's files is there and open to this user; S3 has no folders. Errors:
// kNotFound names data_path=, kDenied the command to run.
Status check_data_path(const std::string& data_path, const std::string& lake);

// The same for a program that writes: a lake that has no files yet may do without the folder.
Status check_data_path_of_files(CatalogDatabase& database, const std::string& data_path);

// The location's own: its parameters `snapshot` and `at`. Errors: kInvalid.
Result<LakeMoment> moment_of(const Location& location);

// A number is a snapshot's, all else a time.
LakeMoment moment_of(const std::string& text);

}  // namespace sluice::ducklake
