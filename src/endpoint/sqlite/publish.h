// From staging to final names and back, each in one transaction.
//
// SQLite renames tables but rewrites their text when it does, drops their indexes' and triggers'
// places in sqlite_schema, and has no names for two tables' equal indexes. So publishing notes the
// text and the place of all that it moves or drops, and a rollback puts both back
// (PRAGMA writable_schema): a dump of the database is then what it was before the run.
//
// A kept table loses its foreign keys in the meantime: they name final tables, and a program that
// enforces keys would otherwise delete or block on kept rows.
#pragma once

#include <string>

#include "client/sqlite/connection.h"
#include "endpoint/endpoint.h"
#include "endpoint/sqlite/ledger.h"

namespace sluice::sqlite {

// One object of sqlite_schema.
struct SchemaObject {
  std::string type;
  std::string name;
  std::string table;
  std::string sql;
  std::int64_t position = 0;
};
// Names are compared as SQLite does, without case. nullopt where there is no table or view `name`.
Result<std::optional<SchemaObject>> find_table_or_view(Connection& connection,
                                                       const std::string& name);
Result<std::vector<std::string>> column_names(Connection& connection, const std::string& table);

std::string staging_name(const std::string& run, const std::string& table);

// Makes those indexes of `table` whose names are free, on its staging table.
Status make_indexes(Connection& connection, const TargetTable& table, const std::string& on);

// Does nothing when the marker is there. Errors: kConflict where a final name was taken meanwhile
// or rows break a key.
Status publish_run(Connection& connection, const std::string& run, const TargetPlan& plan);

// Drops staging and ledger, or undoes a publication. `dry_run`: only says what it would do.
Result<Steps> roll_back_run(Connection& connection, const std::string& run, bool dry_run);

// Drops kept tables and ledger. Errors: kConflict before publication.
Result<Steps> forget_run(Connection& connection, const std::string& run);

}  // namespace sluice::sqlite
