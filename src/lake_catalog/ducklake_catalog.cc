#include "lake_catalog/ducklake_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/moments.h"
#include "format/ducklake/versions.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/inlined_tables.h"

namespace sluice {

using ducklake::ColumnRow;
using ducklake::Id;
using ducklake::LakeColumn;

namespace {

std::vector<ColumnRow> alive_at(const std::vector<ColumnRow>& rows, Id snapshot) {
  std::vector<ColumnRow> out;
  for (const ColumnRow& row : rows) {
    if (row.lifetime.holds(snapshot)) out.push_back(row);
  }
  return out;
}

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
    return snapshot_before(moment.time);
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

// Times are compared as times: SQLite keeps them as text, which sorts otherwise.
Result<ducklake::SnapshotRow> DuckLakeCatalog::snapshot_before(const std::string& time) {
  const auto limit = ducklake::parse_moment(time);
  if (!limit) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no time", time))
                    .about(database_.display())
                    .advise("write 2026-01-31T12:00:00+01:00; without an offset it is UTC"));
  }
  TRY_ASSIGN(std::vector<ducklake::SnapshotRow> rows, snapshots());
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const auto made = ducklake::parse_moment(row->time);
    if (made && *made <= *limit) return std::move(*row);
  }
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("{} has not a snapshot as old as {}", database_.display(), time))
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

Result<std::string> DuckLakeCatalog::data_path() {
  Lake lake;
  TRY(load_metadata(lake));
  return lake.data_path;
}

Result<std::optional<ducklake::SnapshotRow>> DuckLakeCatalog::newest_with_info(
    const std::vector<std::string>& infos) {
  std::vector<std::string> literals;
  for (const std::string& info : infos) literals.push_back(quote_literal(info));
  TRY_ASSIGN(const auto rows,
             database_.query(
                 fmt::format("SELECT {} FROM {} s JOIN {} c ON c.snapshot_id = s.snapshot_id WHERE "
                             "c.commit_extra_info IN ({}) ORDER BY s.snapshot_id DESC LIMIT 1",
                             kSnapshotColumns, database_.table("ducklake_snapshot"),
                             database_.table("ducklake_snapshot_changes"), join(literals, ", "))));
  if (rows.empty()) return std::nullopt;
  return snapshot_row(rows.front());
}

Result<std::vector<LakeColumn>> DuckLakeCatalog::columns_of(Id table, Id snapshot) {
  TRY_ASSIGN(const auto rows, select(kColumnColumns, "ducklake_column",
                                     fmt::format("WHERE table_id = {} AND {} ORDER BY column_id",
                                                 table, alive(snapshot))));
  std::vector<ColumnRow> columns;
  for (const CatalogRow& row : rows) columns.push_back(column_row(row));
  return ducklake::column_tree(columns, fmt::format("table {}", table));
}

Status DuckLakeCatalog::load_names(Loading& loading) {
  Lake& lake = loading.lake;
  const std::string where = "WHERE " + alive(loading.snapshot);
  TRY_ASSIGN(const auto schemas,
             select(kSchemaColumns, "ducklake_schema", where + " ORDER BY schema_id"));
  std::map<Id, std::size_t> by_id;
  for (const CatalogRow& row : schemas) lake.schemas.push_back(schema_row(row));
  for (std::size_t i = 0; i < lake.schemas.size(); ++i) by_id[lake.schemas[i].id] = i;
  const auto schema_of = [&](Id id) -> const ducklake::SchemaRow* {
    const auto at = by_id.find(id);
    return at == by_id.end() ? nullptr : &lake.schemas[at->second];
  };
  TRY_ASSIGN(const auto tables,
             select(kTableColumns, "ducklake_table", where + " ORDER BY table_id"));
  for (const CatalogRow& row : tables) {
    LakeTable table;
    table.row = table_row(row);
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
  TRY_ASSIGN(const auto views, select(kViewColumns, "ducklake_view", where + " ORDER BY view_id"));
  for (const CatalogRow& row : views) {
    LakeView view;
    view.row = view_row(row);
    const ducklake::SchemaRow* const schema = schema_of(view.row.schema_id);
    view.name = {schema == nullptr ? "" : schema->name, view.row.name};
    lake.views.push_back(std::move(view));
  }
  return {};
}

Status DuckLakeCatalog::load_columns(Loading& loading) {
  TRY_ASSIGN(const auto rows, select(kColumnColumns, "ducklake_column",
                                     "ORDER BY table_id, column_id, begin_snapshot"));
  for (const CatalogRow& row : rows) {
    ColumnRow column = column_row(row);
    if (loading.table(column.table_id) == nullptr) continue;
    loading.history[column.table_id].push_back(std::move(column));
  }
  for (LakeTable& table : loading.lake.tables) {
    const std::vector<ColumnRow>& history = loading.history[table.row.id];
    TRY_ASSIGN(table.columns,
               ducklake::column_tree(alive_at(history, loading.snapshot), table.name.display()));
    table.columns_changed = std::any_of(history.begin(), history.end(), [&](const ColumnRow& row) {
      return row.lifetime.end || row.lifetime.begin != history.front().lifetime.begin;
    });
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
  TRY_ASSIGN(const auto rows,
             select(kDataFileColumns, "ducklake_data_file",
                    "WHERE " + alive(loading.snapshot) + " ORDER BY data_file_id"));
  for (const CatalogRow& row : rows) {
    LakeFile file;
    file.row = data_file_row(row);
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
  TRY_ASSIGN(const auto rows, select(kDeleteFileColumns, "ducklake_delete_file",
                                     "WHERE " + alive(loading.snapshot)));
  for (const CatalogRow& row : rows) {
    LakeDeletes deletes;
    deletes.row = delete_file_row(row);
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
  TRY_ASSIGN(const auto listed, read_inlined_tables(database_));
  for (const ducklake::InlinedTable& one : listed) {
    LakeTable* const table = loading.table(one.row.table_id);
    if (table == nullptr) continue;
    if (!one.since) return fail(unknown_columns(database_, one.row.name));
    if (*one.since > loading.snapshot) continue;  // none of its rows is there yet
    LakeInlined& inlined = table->inlined.emplace_back();
    inlined.table = one.row.name;
    TRY_ASSIGN(inlined.columns,
               ducklake::column_tree(alive_at(loading.history[table->row.id], *one.since),
                                     table->name.display()));
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
