#include "endpoint/iceberg/moved_rows.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/part_term.h"
#include "endpoint/iceberg/types.h"
#include "engine/digest_tap.h"

namespace sluice::iceberg {
namespace {

// "Reserved Field IDs"
constexpr std::int32_t kRowId = 2147483540;
constexpr std::int32_t kLastUpdatedId = 2147483539;
constexpr const char* kRowIdName = "_row_id";
constexpr const char* kLastUpdatedName = "_last_updated_sequence_number";
constexpr const char* kRowNumber = "\"sluice: row\"";

Column lineage_column(std::int32_t id, const char* name) {
  Column out;
  out.id = id;
  out.name = name;
  out.type.id = TypeId::kLong;
  return out;
}

bool has_lineage(const TableState& table) { return table.metadata().format_version > 2; }

TableState with_lineage(const TableState& table) {
  TableState out = table;
  if (!has_lineage(table)) return out;
  out.schema.columns.push_back(lineage_column(kRowId, kRowIdName));
  out.schema.columns.push_back(lineage_column(kLastUpdatedId, kLastUpdatedName));
  return out;
}

// The metadata that the files are written by: the partition is that of the files they come from,
// whatever the table's own is by now.
TableMetadata writing_metadata(const TableState& wide) {
  TableMetadata out = wide.metadata();
  out.schemas = {wide.schema};
  out.current_schema_id = wide.schema.id;
  out.specs = {PartitionSpec()};
  out.default_spec_id = 0;
  return out;
}

// One of a type that another program stores in another way, or of which not all is read.
bool is_kept_exactly(const ColumnType& type) {
  if (type.id == TypeId::kFixed || type.id == TypeId::kTimestampTzNs) return false;
  for (const Column& part : type.parts) {
    if (!is_kept_exactly(part.type)) return false;
  }
  return is_read(type);
}

std::string numbers_sql(const std::vector<std::optional<std::int64_t>>& numbers) {
  std::vector<std::string> items;
  for (const auto& one : numbers) items.push_back(one ? std::to_string(*one) : "NULL");
  return fmt::format("CAST([{}] AS BIGINT[])[{} + 1]", join(items, ", "), kPlaceName);
}

void drop_metrics(DataFile& file) {
  const auto drop = [](auto& by_column) {
    std::erase_if(by_column, [](const auto& one) {
      return one.first == kRowId || one.first == kLastUpdatedId;
    });
  };
  drop(file.column_sizes);
  drop(file.value_counts);
  drop(file.null_counts);
  drop(file.nan_counts);
  drop(file.lower_bounds);
  drop(file.upper_bounds);
}

class Mover {
 public:
  Mover(const TableState& table, Engine& engine, std::shared_ptr<const LiveFiles> live)
      : table_(table), wide_(with_lineage(table)), engine_(engine), live_(std::move(live)) {
    for (const Column& column : wide_.schema.columns) names_.push_back(column.name);
  }

  Result<MovedRows> move(const std::vector<std::size_t>& places, const RowMove& wanted) {
    TableScan scan(wide_, engine_, live_);
    std::vector<FilePart> parts;
    for (const std::size_t place : places) parts.push_back({place, 0, 0});
    TRY_ASSIGN(const std::string rows,
               has_lineage(table_) ? with_numbers(scan, parts) : scan.select(parts));
    TRY_ASSIGN(const auto connection, engine_.connect());
    DigestTap tap(wanted.rows_done);
    const TableMetadata metadata = writing_metadata(wide_);
    const FileWriting writing{
        wanted.run, table_.name.display(), &metadata, table_.files.get(), wanted.order, true, &tap};
    MovedRows out;
    TRY_ASSIGN(out.files, write_data_files(*connection, engine_, tap.wrap(rows, names_), writing,
                                           wanted.stem));
    out.rows = tap.digest().rows;
    const Status same = check_same(*connection, out.files, tap.digest());
    if (!same) {
      for (const DataFile& file : out.files) (void)table_.files->remove(file.path);
      return fail(same.error());
    }
    for (DataFile& file : out.files) {
      drop_metrics(file);
      file.partition = live_->files()[places.front()].data().partition;
    }
    return out;
  }

 private:
  // Each row with the numbers that it has, its file's where it has none of its own.
  Result<std::string> with_numbers(TableScan& scan, const std::vector<FilePart>& parts) {
    TRY_ASSIGN(const Scanned scanned, scan.scan(parts));
    std::vector<std::string> selects;
    for (const ScanGroup& group : scanned.groups) {
      TRY_ASSIGN(const std::string rows,
                 select_of(scanned.input, group,
                           fmt::format("{}, CAST(f.file_row_number AS BIGINT) AS {}", kPlaceItem,
                                       kRowNumber)));
      std::vector<std::optional<std::int64_t>> first;
      std::vector<std::optional<std::int64_t>> updated;
      for (const FilePart& part : group.parts) {
        const LiveFile& file = live_->files()[part.file];
        first.push_back(file.data().first_row_id);
        updated.push_back(first.back() ? file.entry->sequence_number : std::nullopt);
      }
      selects.push_back(fmt::format(
          "SELECT * EXCLUDE ({0}, {1}) REPLACE (coalesce({2}, {3} + {1}) AS {2}, coalesce({4}, "
          "{5}) AS {4}) FROM ({6})",
          kPlaceName, kRowNumber, kRowIdName, numbers_sql(first), kLastUpdatedName,
          numbers_sql(updated), rows));
    }
    return join(selects, " UNION ALL ");
  }

  Status check_same(EngineConnection& connection, const std::vector<DataFile>& files,
                    const Digest& expected) {
    TableScan scan(wide_, engine_, LiveFiles::of(wide_, files));
    TRY_ASSIGN(const std::string rows, scan.select(parts_of(nullptr, files.size())));
    const DigestTap tap;
    TRY(connection.value(fmt::format("SELECT count(*) FROM ({})", tap.wrap(rows, names_))));
    if (tap.digest() == expected) return {};
    return fail(table_error(ErrorKind::kMismatch, table_.name,
                            fmt::format("{} rows with digest {} were read, {} rows with digest {} "
                                        "are in the file that was written of them",
                                        expected.rows, expected.hex(), tap.digest().rows,
                                        tap.digest().hex()))
                    .advise("nothing was changed; `sluice lake fsck` looks for what is wrong"));
  }

  const TableState& table_;
  TableState wide_;
  Engine& engine_;
  std::shared_ptr<const LiveFiles> live_;
  std::vector<std::string> names_;
};

}  // namespace

std::string why_rows_stay(const TableState& table) {
  std::set<std::string> folded;
  for (const Column& column : table.schema.columns) {
    if (!is_kept_exactly(column.type)) {
      return fmt::format("values of its column \"{}\", {}, are not written again exactly",
                         column.name, type_name(column.type));
    }
    if (!folded.insert(to_lower(column.name)).second) {
      return fmt::format("two of its columns are \"{}\" but for upper and lower case", column.name);
    }
  }
  const bool hides =
      has_lineage(table) && (folded.contains(kRowIdName) || folded.contains(kLastUpdatedName));
  if (hides) return fmt::format("a column of its own is called {}", kRowIdName);
  if (table.schema.columns.empty()) return "it has no columns";
  const auto order = order_of(table);
  return order ? "" : order.error().message;
}

Result<std::vector<std::string>> order_of(const TableState& table) {
  std::vector<std::string> out;
  const SortOrder* const order =
      table.metadata().find_sort_order(table.metadata().default_sort_order_id);
  if (order == nullptr) return out;
  for (const SortField& field : order->fields) {
    const Column* const source = field.source_ids.size() == 1
                                     ? find_column(table.schema.columns, field.source_ids[0])
                                     : nullptr;
    const bool is_own = source != nullptr && !source->type.is_nested() &&
                        find_column(table.schema.columns, source->name) == source;
    const std::string term = is_own ? partition_term(field.transform, *source) : "";
    if (term.empty()) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("its sort order has {} of {}, which is not computed here",
                              to_string(field.transform),
                              source == nullptr ? "a column that is not there"
                                                : fmt::format("\"{}\"", source->name)));
    }
    out.push_back(fmt::format("({}) {} NULLS {}", term, field.descending ? "DESC" : "ASC",
                              field.nulls_first ? "FIRST" : "LAST"));
  }
  return out;
}

Result<MovedRows> move_rows(const TableState& table, Engine& engine,
                            const std::shared_ptr<const LiveFiles>& live,
                            const std::vector<std::size_t>& places, const RowMove& move) {
  return Mover(table, engine, live).move(places, move);
}

}  // namespace sluice::iceberg
