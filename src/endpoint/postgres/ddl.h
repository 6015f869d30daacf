// The SQL that makes a target's tables. Text only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/target_table.h"

namespace sluice::postgres {

std::string quoted_list(const std::vector<std::string>& names);
std::string column_list(const TargetTable& table);

// Columns, defaults and NOT NULL; keys come after the rows. A column that is written in another
// type than its own has that type, and no default yet.
std::string create_table_sql(const TargetTable& table, const TableName& name);

// Gives the columns that were written in another type their own, and their defaults; none where
// there is no such column.
std::vector<std::string> own_type_sql(const TargetTable& table, const TableName& name);

// A name of a relation that is not in `taken`: the wanted one, or one that ends in `suffix`. Adds
// it to `taken`.
std::string free_name(const std::string& wanted, const std::string& suffix,
                      std::set<std::string>& taken);

// What is added to a loaded table: keys, indexes, identities, checks, comments, in this order.
// Errors: kInvalid for what PostgreSQL cannot have (an identity that is no integer).
Result<std::vector<std::string>> finish_sql(const TargetTable& table, const TableName& name,
                                            const std::string& suffix, std::set<std::string> taken);

// Sets what an identity column gives next to max + 1.
std::string set_identity_sql(const TableName& name, const std::string& column);

std::string foreign_key_sql(const TableName& name, const ForeignKey& key,
                            const TableName& referenced);

}  // namespace sluice::postgres
