#include "endpoint/delta/table_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/delta/file_stats.h"
#include "format/delta/log_path.h"
#include "format/delta/partition_value.h"
#include "model/temporal_text.h"

namespace sluice::delta {

Result<std::string> zone_offset_of(const Location& location) {
  const std::string text = location.parameter("timezone", "UTC");
  if (text == "UTC" || text == "Z") return "+00";
  if (parse_timestamptz_micros("2000-01-01 00:00:00" + text)) return text;
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("timezone=\"{}\" is no offset from UTC such as -07:00", text))
                  .about(location.display())
                  .advise("names of zones are not known here; give the offset that held when the "
                          "partitions were written"));
}

bool needs_zone(const TableState& table) {
  return std::any_of(
      table.schema.partition.begin(), table.schema.partition.end(), [&](std::size_t index) {
        const Field& column = table.schema.columns[index];
        if (column.type.kind != TypeKind::kTimestampTz) return false;
        return std::any_of(table.snapshot.files.begin(), table.snapshot.files.end(),
                           [&](const LiveFile& file) {
                             const auto& values = file.add.partition_values;
                             return std::any_of(values.begin(), values.end(), [&](const auto& one) {
                               return one.first == column.physical_name && one.second &&
                                      lacks_zone(column.type, *one.second);
                             });
                           });
      });
}

static Result<Snapshot> load_snapshot(const FoundTable& found, const DeltaMoment& moment,
                                      Engine& engine) {
  if (found.catalog) return found.catalog->load(found.folder, moment);
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(found.folder, found.name.display(), engine));
  TRY_ASSIGN(const Version version, log.version_at(moment));
  return log.load(version);
}

Result<TableState> load_table(const FoundTable& found, const DeltaMoment& moment, Engine& engine) {
  const std::string shown = found.name.display();
  TableState out;
  out.name = found.name;
  out.folder = found.folder.string();
  TRY_ASSIGN(out.snapshot, load_snapshot(found, moment, engine));
  TRY_ASSIGN(out.schema, read_schema(out.snapshot.metadata, out.snapshot.protocol, shown));
  return out;
}

Result<std::string> data_path(const TableState& table, const AddFile& file) {
  return file_path(table.folder, file.path);
}

std::optional<std::uint64_t> live_rows(const AddFile& file) {
  const auto rows = rows_of(file);
  if (!rows) return std::nullopt;
  const auto deleted =
      file.deletion_vector ? static_cast<std::uint64_t>(file.deletion_vector->cardinality) : 0;
  return *rows < deleted ? 0 : *rows - deleted;
}

}  // namespace sluice::delta
