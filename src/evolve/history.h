// The table schema_migrations: which scripts a database has, and how far one of them got.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "evolve/script_database.h"
#include "evolve/scripts.h"

namespace sluice::evolve {

inline constexpr const char* kHistoryTable = "schema_migrations";

// As the column `state` has them.
inline constexpr const char* kApplied = "applied";
inline constexpr const char* kBaseline = "baseline";    // was there before sluice was
inline constexpr const char* kApplying = "applying";    // its up began and has not ended
inline constexpr const char* kReverting = "reverting";  // its down

struct Applied {
  SchemaVersion version = 0;
  std::string name;
  std::string checksum;  // of the up script; "" for a baseline
  std::string state;
  std::string started_at;  // RFC 3339
  std::string finished_at;
  // Of a script whose statements commit one by one: how many have, and a hash of their texts, and
  // of the schema before the one under way.
  int statements_done = 0;
  std::string done_checksum;
  std::string schema_before;
  std::string schema_after;  // a fingerprint, when the script had ended
};

using History = std::map<SchemaVersion, Applied>;

// A table that is not there is an empty history. Errors: kConflict where another program has a
// table of that name.
Result<History> read_history(ScriptDatabase& database);

// Within a transaction of the caller, where there is one.
Status make_history_table(ScriptDatabase& database);
Status put_entry(ScriptDatabase& database, const Applied& entry);
Status remove_entry(ScriptDatabase& database, SchemaVersion version);

// Gives the table of another program another name. Returns: which.
Result<std::string> set_aside_foreign_table(ScriptDatabase& database);

}  // namespace sluice::evolve
