// What `connect` tells: the settings of another program for a location, and what was checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/report.h"
#include "report/text_table.h"

namespace sluice {

struct ConnectSetting {
  std::string name;   // as the program's own page or file calls it
  std::string value;  // may have several lines
};

struct ConnectReport {
  std::string tool;      // grafana, trino, superset, dbt, spark
  std::string location;  // never with a password
  std::vector<ConnectSetting> settings;
  std::vector<std::string> checked_sql;  // what the engine ran, statement by statement
  // Who looked, and how: "Trino 476 at http://localhost:8080 answered".
  std::string checked_by = "DuckDB attached it read-only just so";
  std::uint64_t tables = 0;  // that were found
  std::string user;          // who could read all of it; "" where nobody was asked for
  std::vector<std::string> notes;
};

std::string render_text(const ConnectReport& report, const TextStyle& style);
// {"tool", "location", "settings": [{"name", "value"}], "checked_sql": [...], "checked_by": TEXT,
//  "tables": N, "user": NAME or null, "notes": [...], "error": null}
std::string render_json(const ConnectReport& report);

}  // namespace sluice
