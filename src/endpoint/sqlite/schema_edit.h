// Careful edits of sqlite_schema and of ANALYZE's tables. Every function runs in the caller's
// transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/sqlite/connection.h"

namespace sluice::sqlite {

// As long as it lives, renaming a table leaves views, triggers and foreign keys of others alone.
// Requires: no open transaction.
class LegacyRename {
 public:
  explicit LegacyRename(Connection& connection);
  LegacyRename(const LegacyRename&) = delete;
  LegacyRename& operator=(const LegacyRename&) = delete;
  ~LegacyRename();

 private:
  Connection& connection_;
};

Result<bool> is_taken(Connection& connection, const std::string& name);  // by any object
Result<std::optional<std::string>> owner_of_index(Connection& connection, const std::string& index);
Status rename_table(Connection& connection, const std::string& old_name,
                    const std::string& new_name);

// Takes the foreign keys out of a table's text, where the shorter text is proven to describe the
// same columns; else leaves it.
Status hide_foreign_keys(Connection& connection, const std::string& table);

// Puts an object's text and place in sqlite_schema back. A place that is taken stays taken.
Status restore_text(Connection& connection, const std::string& name, const std::string& sql);
Status restore_position(Connection& connection, const std::string& type, const std::string& name,
                        std::int64_t position);

// ANALYZE's rows about a table as INSERT statements.
Result<std::vector<std::string>> statistics_of(Connection& connection, const std::string& table);
Status clear_statistics(Connection& connection, const std::string& table);

}  // namespace sluice::sqlite
