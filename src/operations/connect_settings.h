// Private to operations/: how other programs spell a location. Pure text.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/location.h"
#include "report/connect_report.h"

namespace sluice {

// What DuckDB attaches.
struct Attachable {
  std::string path;  // "ducklake:sqlite:/var/lib/lake.sqlite"; never with a password
  std::string name;  // under which it is attached
  std::vector<std::string> extensions;  // by the names that LOAD knows
  // Options of ATTACH beside READ_ONLY: names and SQL literals.
  std::vector<std::pair<std::string, std::string>> options;
};

// `data_path` is the catalog's own, as it stands there; "" for what is no lake.
// Errors: kUnsupported for a location that DuckDB's programs cannot attach.
Result<Attachable> attachable_of(const Location& location, const std::string& data_path);

struct ToolSettings {
  std::vector<ConnectSetting> settings;
  std::vector<std::string> statements;  // what the program makes DuckDB run
  std::vector<std::string> notes;
};

// Errors: kInvalid for another tool.
Result<ToolSettings> settings_for(const std::string& tool, const Attachable& place,
                                  const Location& location);

}  // namespace sluice
