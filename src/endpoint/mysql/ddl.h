// The SQL that makes a target's tables. Text only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/target_table.h"

namespace sluice::mysql {

std::string quoted_list(const std::vector<std::string>& names);
std::string column_list(const TargetTable& table);

// Columns, defaults, NOT NULL, the primary key, checks and comments; other keys come after the
// rows. A text or blob of any length in a primary or foreign key becomes a VARCHAR or VARBINARY of
// what an index of InnoDB takes: a longer value is refused when it is loaded.
std::string create_table_sql(const TargetTable& table, const TableName& name, bool is_mariadb);

struct AddedIndex {
  std::string name;
  std::string sql;  // behind ALTER TABLE ...
};
// Unique keys and indexes.
std::vector<AddedIndex> added_indexes(const TargetTable& table);

// Behind ALTER TABLE ...
std::string foreign_key_sql(const std::string& name, const ForeignKey& key,
                            const TableName& referenced);

}  // namespace sluice::mysql
