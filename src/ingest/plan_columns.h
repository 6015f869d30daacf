// Decides which columns a batch has and where their values come from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ingest/column_plan.h"
#include "ingest/input.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ingest {

// A map is TOML, a table a column:
//
//   [columns.lat]                      [columns.when_captured]
//   type = "float64"                   type = "timestamptz"
//   path = "location.lat"              zone = "Asia/Tokyo"
//
// `type` as `sluice types` spells it; without `path` the field has the column's name.
// Errors: kInvalid names file, line and key.
Result<ColumnPlan> read_map(const std::filesystem::path& file);

// The columns of a table that is there, with paths and zones of the map. Errors: kInvalid where the
// map names a column that the table has not, or another type; a key that is no column of it.
Result<ColumnPlan> plan_for_table(const LakeTable& table, const std::optional<ColumnPlan>& map);
// The same for the columns of any table, which messages call `table`.
Result<ColumnPlan> with_map(ColumnPlan plan, const std::string& table,
                            const std::optional<ColumnPlan>& map);

// For a new table without a map: every field of the inputs, in the order in which they come. All
// rows are looked at. Marks inputs that are broken. Errors: kCorrupt where there is no field.
Result<ColumnPlan> infer_columns(std::vector<Input>& inputs);

// The names of the key as the plan has them. Errors: kInvalid.
Result<std::vector<std::string>> planned_key(const ColumnPlan& plan,
                                             const std::vector<std::string>& key);

}  // namespace sluice::ingest
