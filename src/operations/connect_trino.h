// Private to operations/: a location as Trino, what reads through Trino, and Spark spell it. Pure
// text; secrets are names of environment variables in it, never values.
#pragma once

#include <string>

#include "base/result.h"
#include "model/iceberg_login.h"
#include "model/location.h"
#include "model/s3_settings.h"
#include "operations/connect_settings.h"

namespace sluice {

struct TrinoPlace {
  Location location;    // iceberg with a catalog; postgres and duckdb for Trino alone
  std::string url;      // of Trino, "" where nobody said it
  std::string catalog;  // what Trino calls it
  S3Settings s3;
  IcebergLogin login;
  bool on_s3 = false;
  bool on_this_machine = false;
};

// Whether `tool` reads such a location by these settings.
bool is_through_trino(const std::string& tool, const Location& location);

// Errors: kInvalid for a tool or a name that is none; kUnsupported for what the tool cannot read.
Result<ToolSettings> trino_settings_for(const std::string& tool, const TrinoPlace& place);

}  // namespace sluice
