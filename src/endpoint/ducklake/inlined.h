// Private to endpoint/ducklake: what the catalog's database itself holds of a lake's rows, brought
// to the engine. It is read while the catalog's transaction is open and kept in memory: a later
// snapshot may move it to files.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// Rows of one table of the catalog's database, with "sluice_row_id" behind the table's columns.
struct NumberedRows {
  std::string table;
  std::string select;
};

// Rows of one table, as relations of the engine. They live until remove().
struct InlinedRows {
  std::vector<std::string> selects;    // with all columns of the table as they are now
  std::vector<NumberedRows> numbered;  // the same rows
  std::uint64_t rows = 0;
  std::string deletes;  // (file_id BIGINT, pos BIGINT, begin BIGINT); "" where there are none
  std::vector<std::string> sources;
};

// Data files from which the catalog deletes rows that snapshot `since` still had.
Result<std::vector<Id>> files_deleted_from_since(CatalogDatabase& database, const LakeTable& table,
                                                 Id since);

// Sets LakeFile::has_inlined_deletes of the table's files too.
Result<InlinedRows> read_inlined(CatalogDatabase& database, LakeTable& table, Id snapshot,
                                 Engine& engine);

}  // namespace sluice::ducklake
