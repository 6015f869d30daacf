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
  std::string tool;      // grafana, superset, dbt
  std::string location;  // never with a password
  std::vector<ConnectSetting> settings;
  std::vector<std::string> checked_sql;  // what the engine ran, statement by statement
  std::uint64_t tables = 0;              // that it found
  std::string user;                      // who could read all of it; "" where nobody was asked for
  std::vector<std::string> notes;
};

std::string render_text(const ConnectReport& report, const TextStyle& style);
// {"tool", "location", "settings": [{"name", "value"}], "checked_sql": [...], "tables": N,
//  "user": NAME or null, "notes": [...], "error": null}
std::string render_json(const ConnectReport& report);

}  // namespace sluice
