#include "endpoint/ducklake/table_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "endpoint/ducklake/file_scan.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/statistics.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::ducklake {
namespace {

bool same_name(const TableName& left, const TableName& right) {
  return to_lower(left.schema) == to_lower(right.schema) &&
         to_lower(left.name) == to_lower(right.name);
}

Id number(const std::optional<std::string>& text) {
  Id value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// False also where the order is not known.
bool is_before(const Type& type, const std::string& left, const std::string& right) {
  const auto order = compare_bounds(type, left, right);
  return order && *order < 0;
}

}  // namespace

Result<TableView> TableView::load(CatalogDatabase& database, const TableName& name,
                                  Engine& engine) {
  TRY_ASSIGN(Lake lake, DuckLakeCatalog(database, "").load({}));
  TableView view(engine);
  view.snapshot_ = lake.snapshot.id;
  view.data_path_ = lake.data_path;
  view.uuid_of_schema_ = new_uuid();
  view.folder_of_schema_ =
      resolve_path(lake.data_path, folder_for(name.schema, view.uuid_of_schema_), true);
  for (const SchemaRow& row : lake.schemas) {
    if (to_lower(row.name) != to_lower(name.schema)) continue;
    view.folder_of_schema_ = resolve_path(lake.data_path, row.path, row.path_is_relative);
  }
  view.is_view_ = std::any_of(lake.views.begin(), lake.views.end(),
                              [&](const LakeView& other) { return same_name(other.name, name); });
  for (LakeTable& table : lake.tables) {
    if (!same_name(table.name, name)) continue;
    view.table_ = std::move(table);
    TRY_ASSIGN(view.inlined_, read_inlined(database, *view.table_, view.snapshot_, engine));
    TRY_ASSIGN(view.partition_,
               read_partition(database, view.table_->row.id, view.table_->columns));
    TRY(view.load_bounds(database));
    break;
  }
  return view;
}

TableView::TableView(TableView&& other) noexcept
    : engine_(std::exchange(other.engine_, nullptr)),
      snapshot_(other.snapshot_),
      data_path_(std::move(other.data_path_)),
      folder_of_schema_(std::move(other.folder_of_schema_)),
      uuid_of_schema_(std::move(other.uuid_of_schema_)),
      is_view_(other.is_view_),
      table_(std::move(other.table_)),
      inlined_(std::move(other.inlined_)),
      partition_(std::move(other.partition_)),
      bounds_(std::move(other.bounds_)) {}

TableView::~TableView() {
  if (engine_ == nullptr) return;
  for (const std::string& source : inlined_.sources) engine_->remove_source(source);
}

Status TableView::load_bounds(CatalogDatabase& database) {
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format(
                 "SELECT data_file_id, column_id, min_value, max_value FROM {} WHERE table_id = {}",
                 database.table("ducklake_file_column_stats"), table_->row.id)));
  for (const CatalogRow& row : rows) {
    bounds_[{number(row.at(0)), number(row.at(1))}] = {row.at(2), row.at(3)};
  }
  return {};
}

std::vector<std::size_t> TableView::files_within(const std::vector<KeyRange>& ranges,
                                                 const std::set<Id>& known) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; table_ && i < table_->files.size(); ++i) {
    const LakeFile& file = table_->files[i];
    if (known.contains(file.row.id)) continue;
    const bool is_outside = std::any_of(ranges.begin(), ranges.end(), [&](const KeyRange& range) {
      const auto column =
          std::find_if(table_->columns.begin(), table_->columns.end(),
                       [&](const LakeColumn& other) { return other.row.id == range.column; });
      const auto bounds = bounds_.find({file.row.id, range.column});
      if (bounds == bounds_.end() || column == table_->columns.end()) return false;
      const auto& [min, max] = bounds->second;
      return (min && is_before(column->type, range.max, *min)) ||
             (max && is_before(column->type, *max, range.min));
    });
    if (!is_outside) out.push_back(i);
  }
  return out;
}

Result<std::string> TableView::rows_of(const std::vector<std::size_t>& files) const {
  std::vector<FilePart> parts;
  for (const std::size_t file : files) parts.push_back({file, 0, 0});
  const FileScan scan{&*table_, snapshot_, inlined_.deletes};
  TRY_ASSIGN(std::vector<std::string> selects, file_selects(scan, parts));
  selects.insert(selects.end(), inlined_.selects.begin(), inlined_.selects.end());
  if (selects.empty()) return std::string();
  return "(" + join(selects, " UNION ALL ") + ")";
}

}  // namespace sluice::ducklake
