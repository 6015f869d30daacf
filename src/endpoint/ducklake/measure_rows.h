// Private to endpoint/ducklake: statistics of columns as a writer of these rows would tell them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "format/ducklake/columns.h"

namespace sluice::ducklake {

struct MeasuredColumn {
  std::uint64_t values = 0;  // that are not NULL
  std::uint64_t nulls = 0;
  std::optional<std::string> min;  // not of types that files do not hold exactly
  std::optional<std::string> max;
  std::optional<bool> has_nan;
};

struct MeasuredRows {
  std::uint64_t rows = 0;
  std::map<Id, MeasuredColumn> columns;  // by number
};

// Writes the rows to `scratch`, a folder that is not there yet and is not afterwards, since it is
// the writer who knows. Requires: `select_sql` has `columns` under their names.
Result<MeasuredRows> measure_rows(EngineConnection& connection, const std::string& select_sql,
                                  const std::vector<LakeColumn>& columns,
                                  const std::filesystem::path& scratch, Files& files);

}  // namespace sluice::ducklake
