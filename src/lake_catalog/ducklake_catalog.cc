#include "lake_catalog/ducklake_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/versions.h"

namespace sluice {

using ducklake::ColumnRow;
using ducklake::Id;
using ducklake::LakeColumn;

namespace {

// Cells of a row in the order of its SELECT, taken one after the other.
class Cells {
 public:
  explicit Cells(const CatalogRow& row) : row_(row) {}

  std::string text() { return next().value_or(""); }
  std::optional<std::string> optional_text() { return next(); }
  // 0 for NULL.
  Id id() { return optional_id().value_or(0); }
  std::optional<Id> optional_id() {
    const std::optional<std::string>& cell = next();
    if (!cell) return std::nullopt;
    Id value = 0;
    std::from_chars(cell->data(), cell->data() + cell->size(), value);
    return value;
  }
  std::uint64_t count() { return static_cast<std::uint64_t>(std::max<Id>(id(), 0)); }
  // Booleans are 1, t or true; NULL is `otherwise`.
  bool truth(bool otherwise) {
    const std::optional<std::string>& cell = next();
    if (!cell) return otherwise;
    return *cell == "1" || *cell == "t" || *cell == "true";
  }
  ducklake::Lifetime lifetime() {
    ducklake::Lifetime out;
    out.begin = id();
    out.end = optional_id();
    return out;
  }

 private:
  const std::optional<std::string>& next() { return row_.at(at_++); }

  const CatalogRow& row_;
  std::size_t at_ = 0;
};

ducklake::SnapshotRow snapshot_row(const CatalogRow& row) {
  Cells cells(row);
  ducklake::SnapshotRow out;
  out.id = cells.id();
  out.time = cells.text();
  out.schema_version = cells.id();
  out.next_catalog_id = cells.id();
  out.next_file_id = cells.id();
  out.changes = cells.text();
  out.author = cells.text();
  out.message = cells.text();
  out.extra_info = cells.text();
  return out;
}

ColumnRow column_row(const CatalogRow& row) {
  Cells cells(row);
  ColumnRow out;
  out.table_id = cells.id();
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.order = cells.id();
  out.name = cells.text();
  out.type = cells.text();
  out.initial_default = cells.optional_text();
  out.default_value = cells.optional_text();
  out.nullable = cells.truth(true);
  out.parent = cells.optional_id();
  out.default_kind = cells.text();
  return out;
}

std::vector<ColumnRow> alive_at(const std::vector<ColumnRow>& rows, Id snapshot) {
  std::vector<ColumnRow> out;
  for (const ColumnRow& row : rows) {
    if (row.lifetime.holds(snapshot)) out.push_back(row);
  }
  return out;
}

constexpr const char* kSnapshotColumns =
    "s.snapshot_id, s.snapshot_time, s.schema_version, s.next_catalog_id, s.next_file_id, "
    "c.changes_made, c.author, c.commit_message, c.commit_extra_info";

}  // namespace

struct DuckLakeCatalog::Loading {
  Lake& lake;
  Id snapshot;
  std::map<Id, std::size_t> by_id;               // table ids: places in lake.tables
  std::map<Id, std::vector<ColumnRow>> history;  // of tables: columns of all snapshots
  std::map<Id, LakeFile*> files;

  LakeTable* table(Id id) {
    const auto at = by_id.find(id);
    return at == by_id.end() ? nullptr : &lake.tables[at->second];
  }
};

std::string DuckLakeCatalog::alive(Id snapshot) const {
  return fmt::format("begin_snapshot <= {0} AND (end_snapshot IS NULL OR {0} < end_snapshot)",
                     snapshot);
}

Result<std::vector<CatalogRow>> DuckLakeCatalog::select(const std::string& columns,
                                                        std::string_view table,
                                                        const std::string& rest) {
  return database_.query(
      fmt::format("SELECT {} FROM {} {}", columns, database_.table(table), rest));
}

Result<std::vector<ducklake::SnapshotRow>> DuckLakeCatalog::snapshots() {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} FROM {} s LEFT JOIN {} c ON c.snapshot_id = "
                                         "s.snapshot_id ORDER BY s.snapshot_id",
                                         kSnapshotColumns, database_.table("ducklake_snapshot"),
                                         database_.table("ducklake_snapshot_changes"))));
  std::vector<ducklake::SnapshotRow> out;
  for (const CatalogRow& row : rows) out.push_back(snapshot_row(row));
  return out;
}

Result<ducklake::SnapshotRow> DuckLakeCatalog::snapshot_at(const LakeMoment& moment) {
  std::string where;
  std::string what = "a snapshot";
  if (moment.snapshot) {
    where = fmt::format("WHERE s.snapshot_id = {}", *moment.snapshot);
    what = fmt::format("snapshot {}", *moment.snapshot);
  } else if (!moment.time.empty()) {
    where = "WHERE s.snapshot_time <= " + quote_literal(moment.time);
    what = "a snapshot as old as " + moment.time;
  }
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format(
                 "SELECT {} FROM {} s LEFT JOIN {} c ON c.snapshot_id = s.snapshot_id {} ORDER BY "
                 "s.snapshot_id DESC LIMIT 1",
                 kSnapshotColumns, database_.table("ducklake_snapshot"),
                 database_.table("ducklake_snapshot_changes"), where)));
  if (!rows.empty()) return snapshot_row(rows.front());
  return fail(Error(ErrorKind::kNotFound, fmt::format("{} has not {}", database_.display(), what))
                  .about(database_.display())
                  .advise("`sluice lake snapshots` lists those that are kept"));
}

Status DuckLakeCatalog::load_metadata(Lake& lake) {
  TRY_ASSIGN(const auto rows,
             select("key, value", "ducklake_metadata", "WHERE scope IS NULL OR scope = ''"));
  bool encrypted = false;
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    const std::string key = cells.text();
    const std::string value = cells.text();
    if (key == "version") lake.version = value;
    if (key == "data_path") lake.data_path = value;
    if (key == "encrypted") encrypted = value == "true" || value == "1";
  }
  TRY(ducklake::check_version(lake.version, database_.display()));
  if (encrypted) {
    return fail(
        Error(ErrorKind::kUnsupported, fmt::format("{} is an encrypted lake", database_.display()))
            .about(database_.display()));
  }
  if (!data_path_.empty()) lake.data_path = data_path_;
  lake.data_path = ducklake::as_folder(std::move(lake.data_path));
  return {};
}

Status DuckLakeCatalog::load_names(Loading& loading) {
  Lake& lake = loading.lake;
  const std::string where = "WHERE " + alive(loading.snapshot);
  TRY_ASSIGN(const auto schemas,
             select("schema_id, begin_snapshot, end_snapshot, schema_name, path, path_is_relative",
                    "ducklake_schema", where + " ORDER BY schema_id"));
  std::map<Id, std::size_t> by_id;
  for (const CatalogRow& row : schemas) {
    Cells cells(row);
    ducklake::SchemaRow& schema = lake.schemas.emplace_back();
    schema.id = cells.id();
    schema.lifetime = cells.lifetime();
    schema.name = cells.text();
    schema.path = cells.text();
    schema.path_is_relative = cells.truth(true);
  }
  for (std::size_t i = 0; i < lake.schemas.size(); ++i) by_id[lake.schemas[i].id] = i;
  const auto schema_of = [&](Id id) -> const ducklake::SchemaRow* {
    const auto at = by_id.find(id);
    return at == by_id.end() ? nullptr : &lake.schemas[at->second];
  };
  TRY_ASSIGN(const auto tables,
             select("table_id, table_uuid, begin_snapshot, end_snapshot, schema_id, table_name, "
                    "path, path_is_relative",
                    "ducklake_table", where + " ORDER BY table_id"));
  for (const CatalogRow& row : tables) {
    Cells cells(row);
    LakeTable table;
    table.row.id = cells.id();
    table.row.uuid = cells.text();
    table.row.lifetime = cells.lifetime();
    table.row.schema_id = cells.id();
    table.row.name = cells.text();
    table.row.path = cells.text();
    table.row.path_is_relative = cells.truth(true);
    const ducklake::SchemaRow* const schema = schema_of(table.row.schema_id);
    if (schema == nullptr) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("table \"{}\" of {} is in schema {}, which is not there",
                                    table.row.name, database_.display(), table.row.schema_id))
                      .about(table.row.name));
    }
    table.name = {schema->name, table.row.name};
    const std::string folder =
        ducklake::resolve_path(lake.data_path, schema->path, schema->path_is_relative);
    table.folder = ducklake::resolve_path(folder, table.row.path, table.row.path_is_relative);
    loading.by_id[table.row.id] = lake.tables.size();
    lake.tables.push_back(std::move(table));
  }
  TRY_ASSIGN(const auto views,
             select("view_id, begin_snapshot, end_snapshot, schema_id, view_name, dialect, sql",
                    "ducklake_view", where + " ORDER BY view_id"));
  for (const CatalogRow& row : views) {
    Cells cells(row);
    LakeView view;
    view.row.id = cells.id();
    view.row.lifetime = cells.lifetime();
    view.row.schema_id = cells.id();
    view.row.name = cells.text();
    view.row.dialect = cells.text();
    view.row.sql = cells.text();
    const ducklake::SchemaRow* const schema = schema_of(view.row.schema_id);
    view.name = {schema == nullptr ? "" : schema->name, view.row.name};
    lake.views.push_back(std::move(view));
  }
  return {};
}

Status DuckLakeCatalog::load_columns(Loading& loading) {
  TRY_ASSIGN(const auto rows,
             select("table_id, column_id, begin_snapshot, end_snapshot, column_order, column_name, "
                    "column_type, initial_default, default_value, nulls_allowed, parent_column, "
                    "default_value_type",
                    "ducklake_column", "ORDER BY table_id, column_id, begin_snapshot"));
  for (const CatalogRow& row : rows) {
    ColumnRow column = column_row(row);
    if (loading.table(column.table_id) == nullptr) continue;
    loading.history[column.table_id].push_back(std::move(column));
  }
  for (LakeTable& table : loading.lake.tables) {
    TRY_ASSIGN(table.columns,
               ducklake::column_tree(alive_at(loading.history[table.row.id], loading.snapshot),
                                     table.name.display()));
  }
  return {};
}

Status DuckLakeCatalog::load_comments(Loading& loading) {
  const std::string where = "WHERE key = 'comment' AND " + alive(loading.snapshot);
  TRY_ASSIGN(const auto tables, select("object_id, value", "ducklake_tag", where));
  for (const CatalogRow& row : tables) {
    Cells cells(row);
    LakeTable* const table = loading.table(cells.id());
    if (table != nullptr) table->comment = cells.text();
  }
  TRY_ASSIGN(const auto columns,
             select("table_id, column_id, value", "ducklake_column_tag", where));
  for (const CatalogRow& row : columns) {
    Cells cells(row);
    LakeTable* const table = loading.table(cells.id());
    const Id column = cells.id();
    if (table != nullptr) table->column_comments[column] = cells.text();
  }
  return {};
}

Status DuckLakeCatalog::load_files(Loading& loading) {
  TRY_ASSIGN(
      const auto rows,
      select("data_file_id, begin_snapshot, end_snapshot, table_id, path, path_is_relative, "
             "file_format, record_count, file_size_bytes, row_id_start, partition_id, "
             "encryption_key, mapping_id, partial_max",
             "ducklake_data_file", "WHERE " + alive(loading.snapshot) + " ORDER BY data_file_id"));
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    LakeFile file;
    file.row.id = cells.id();
    file.row.lifetime = cells.lifetime();
    file.row.table_id = cells.id();
    file.row.path = cells.text();
    file.row.path_is_relative = cells.truth(true);
    file.row.format = cells.text();
    file.row.rows = cells.count();
    file.row.bytes = cells.count();
    file.row.row_id_start = cells.optional_id();
    file.row.partition_id = cells.optional_id();
    file.row.encryption_key = cells.optional_text();
    file.row.mapping_id = cells.optional_id();
    file.row.partial_max = cells.optional_id();
    LakeTable* const table = loading.table(file.row.table_id);
    if (table == nullptr) continue;  // a live file of a dropped table: for fsck
    file.path = ducklake::resolve_path(table->folder, file.row.path, file.row.path_is_relative);
    if (to_lower(file.row.format) != "parquet") {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("table {} has a data file of format \"{}\": {}",
                                    table->name.display(), file.row.format, file.path))
                      .about(table->name.display()));
    }
    TRY_ASSIGN(
        std::vector<LakeColumn> layout,
        ducklake::column_tree(alive_at(loading.history[table->row.id], file.row.lifetime.begin),
                              table->name.display()));
    if (!ducklake::same_layout(layout, table->columns)) file.layout = std::move(layout);
    table->files.push_back(std::move(file));
  }
  for (LakeTable& table : loading.lake.tables) {
    for (LakeFile& file : table.files) loading.files[file.row.id] = &file;
  }
  return {};
}

Status DuckLakeCatalog::load_deletes(Loading& loading) {
  TRY_ASSIGN(const auto rows,
             select("delete_file_id, begin_snapshot, end_snapshot, table_id, data_file_id, path, "
                    "path_is_relative, format, delete_count, file_size_bytes, encryption_key, "
                    "partial_max",
                    "ducklake_delete_file", "WHERE " + alive(loading.snapshot)));
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    LakeDeletes deletes;
    deletes.row.id = cells.id();
    deletes.row.lifetime = cells.lifetime();
    deletes.row.table_id = cells.id();
    deletes.row.data_file_id = cells.id();
    deletes.row.path = cells.text();
    deletes.row.path_is_relative = cells.truth(true);
    deletes.row.format = cells.text();
    deletes.row.rows = cells.count();
    deletes.row.bytes = cells.count();
    deletes.row.encryption_key = cells.optional_text();
    deletes.row.partial_max = cells.optional_id();
    const auto found = loading.files.find(deletes.row.data_file_id);
    if (found == loading.files.end()) continue;
    LakeFile& file = *found->second;
    const LakeTable& table = *loading.table(file.row.table_id);
    if (file.deletes) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("data file {} of {} has two deletion files at one snapshot",
                                    file.row.id, table.name.display()))
                      .about(table.name.display()));
    }
    deletes.path =
        ducklake::resolve_path(table.folder, deletes.row.path, deletes.row.path_is_relative);
    file.deletes = std::move(deletes);
  }
  return {};
}

Status DuckLakeCatalog::load_inlined(Loading& loading) {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format(
                 "SELECT i.table_id, i.table_name, v.begin_snapshot FROM {} i JOIN {} v ON "
                 "v.table_id = i.table_id AND v.schema_version = i.schema_version ORDER BY "
                 "i.table_id, i.schema_version",
                 database_.table("ducklake_inlined_data_tables"),
                 database_.table("ducklake_schema_versions"))));
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    LakeTable* const table = loading.table(cells.id());
    if (table == nullptr) continue;
    LakeInlined inlined;
    inlined.table = cells.text();
    const Id since = cells.id();
    if (since > loading.snapshot) continue;  // none of its rows is there yet
    TRY_ASSIGN(inlined.columns,
               ducklake::column_tree(alive_at(loading.history[table->row.id], since),
                                     table->name.display()));
    table->inlined.push_back(std::move(inlined));
  }
  for (LakeTable& table : loading.lake.tables) {
    const std::string deletes = fmt::format("ducklake_inlined_delete_{}", table.row.id);
    TRY_ASSIGN(const bool found, database_.has_table(deletes));
    if (found) table.inlined_deletes = deletes;
  }
  return {};
}

Result<Lake> DuckLakeCatalog::load(const LakeMoment& moment) {
  Lake lake;
  TRY(load_metadata(lake));
  TRY_ASSIGN(lake.snapshot, snapshot_at(moment));
  Loading loading{lake, lake.snapshot.id, {}, {}, {}};
  TRY(load_names(loading));
  TRY(load_columns(loading));
  TRY(load_comments(loading));
  TRY(load_files(loading));
  TRY(load_deletes(loading));
  TRY(load_inlined(loading));
  return lake;
}

}  // namespace sluice
