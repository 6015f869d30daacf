#include "lake_catalog/copy_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "lake_catalog/create_ducklake.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_records.h"
#include "lake_catalog/inlined_cells.h"
#include "lake_catalog/inlined_tables.h"

namespace sluice {

namespace {

constexpr std::size_t kBytesInOneInsert = 1U << 20;
constexpr std::string_view kInlinedTables = "ducklake_inlined_data_tables";
// Of a table of inlined rows, before the columns of the lake's table.
constexpr const char* kInlinedHead = "row_id, begin_snapshot, end_snapshot";
constexpr std::size_t kInlinedHeadColumns = 3;

bool is_true(const std::string& cell) { return cell == "1" || cell.starts_with('t'); }

// Rows in one spelling, whatever the database: booleans are 1 and 0.
Result<std::vector<CatalogRow>> rows_of(CatalogDatabase& database, const CatalogTable& table) {
  std::vector<std::string> names;
  for (const CatalogColumn& column : table.columns) names.push_back(quote_identifier(column.name));
  TRY_ASSIGN(auto rows, database.query(fmt::format("SELECT {} FROM {}", join(names, ", "),
                                                   database.table(table.name))));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (!table.columns[c].is_boolean) continue;
    for (CatalogRow& row : rows) {
      if (row[c]) row[c] = is_true(*row[c]) ? "1" : "0";
    }
  }
  return rows;
}

// What of the format's table the source has. Errors: kUnsupported for a column that is new to it.
Result<CatalogTable> part_of(CatalogDatabase& source, const CatalogTable& table) {
  TRY_ASSIGN(const auto names, source.column_names(table.name));
  CatalogTable out{table.name, {}};
  for (const std::string& name : names) {
    const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                                 [&](const CatalogColumn& column) { return column.name == name; });
    if (at == table.columns.end()) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("{}: table {} has a column \"{}\" that this version of the "
                                    "catalog does not have",
                                    source.display(), table.name, name))
                      .about(source.display()));
    }
    out.columns.push_back(*at);
  }
  return out;
}

// Keys of the catalog's own rows that move with its place.
void set_data_path(const CatalogTable& table, const std::string& data_path,
                   std::vector<CatalogRow>& rows) {
  if (data_path.empty() || table.name != "ducklake_metadata") return;
  for (CatalogRow& row : rows) {
    if (row.at(0) == "data_path") row.at(1) = data_path;
  }
}

class Inserter {
 public:
  Inserter(CatalogDatabase& database, std::string head)
      : database_(database), head_(std::move(head)) {}

  Status add(const std::vector<std::string>& literals) {
    sql_ += fmt::format("{}({})", sql_.empty() ? head_ : ", ", join(literals, ", "));
    return sql_.size() < kBytesInOneInsert ? Status() : flush();
  }
  Status flush() {
    if (sql_.empty()) return {};
    const Status done = database_.execute(sql_);
    sql_.clear();
    return done;
  }

 private:
  CatalogDatabase& database_;
  std::string head_;
  std::string sql_;
};

std::string literal(const CatalogDialect& dialect, const CatalogColumn& column,
                    const std::optional<std::string>& cell) {
  if (!cell) return "NULL";
  if (column.is_boolean) return *cell == "1" ? dialect.yes : dialect.no;
  return quote_literal(*cell);
}

Status copy_table(CatalogDatabase& source, CatalogDatabase& target, const CatalogTable& table,
                  const std::string& data_path) {
  TRY_ASSIGN(auto rows, rows_of(source, table));
  set_data_path(table, data_path, rows);
  std::vector<std::string> names;
  for (const CatalogColumn& column : table.columns) names.push_back(quote_identifier(column.name));
  Inserter inserter(target, fmt::format("INSERT INTO {} ({}) VALUES ", target.table(table.name),
                                        join(names, ", ")));
  std::vector<std::string> literals(table.columns.size());
  for (const CatalogRow& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      literals[c] = literal(target.dialect(), table.columns[c], row[c]);
    }
    TRY(inserter.add(literals));
  }
  return inserter.flush();
}

Result<std::vector<CatalogRow>> inlined_rows(CatalogDatabase& database,
                                             const LakeInlined& inlined) {
  std::string items = kInlinedHead;
  for (const ducklake::LakeColumn& column : inlined.columns) {
    items += ", " + inlined_cell_sql(database.dialect(), column);
  }
  TRY_ASSIGN(auto rows, database.query(fmt::format("SELECT {} FROM {}", items,
                                                   database.table(inlined.table))));
  for (CatalogRow& row : rows) {
    for (std::size_t c = 0; c < inlined.columns.size(); ++c) {
      decode_inlined_cell(database.dialect(), inlined.columns[c].type,
                          row[c + kInlinedHeadColumns]);
    }
  }
  return rows;
}

Status copy_inlined(CatalogDatabase& source, CatalogDatabase& target, const LakeInlined& inlined) {
  std::string columns = "row_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT";
  for (const ducklake::LakeColumn& column : inlined.columns) {
    TRY_ASSIGN(const std::string type, inlined_type(target.dialect(), column.type));
    columns += fmt::format(", {} {}", quote_identifier(column.row.name), type);
  }
  TRY(target.execute(fmt::format("CREATE TABLE {} ({})", target.table(inlined.table), columns)));
  TRY_ASSIGN(const auto rows, inlined_rows(source, inlined));
  Inserter inserter(target, fmt::format("INSERT INTO {} VALUES ", target.table(inlined.table)));
  for (const CatalogRow& row : rows) {
    std::vector<std::string> literals;
    for (std::size_t c = 0; c < kInlinedHeadColumns; ++c) {
      literals.push_back(row[c].value_or("NULL"));
    }
    for (std::size_t c = 0; c < inlined.columns.size(); ++c) {
      TRY_ASSIGN(std::string cell, inlined_literal(target.dialect(), inlined.columns[c].type,
                                                   row[c + kInlinedHeadColumns]));
      literals.push_back(std::move(cell));
    }
    TRY(inserter.add(literals));
  }
  return inserter.flush();
}

// Tables of deletions in the catalog: by name, where they are.
Result<std::vector<CatalogTable>> inlined_deletes(CatalogDatabase& source) {
  TRY_ASSIGN(const auto ids, source.query(fmt::format("SELECT table_id FROM {} UNION SELECT "
                                                      "table_id FROM {} ORDER BY 1",
                                                      source.table("ducklake_table"),
                                                      source.table(kInlinedTables))));
  std::vector<CatalogTable> out;
  for (const std::string& id : first_cells(ids)) {
    const std::string name = "ducklake_inlined_delete_" + id;
    TRY_ASSIGN(const bool found, source.has_table(name));
    if (found) out.push_back({name, {{"file_id"}, {"row_id"}, {"begin_snapshot"}}});
  }
  return out;
}

// Tables of inlined rows, those of dropped tables too. One that is listed and not there has no
// rows to copy: `sluice lake fsck` tells of it.
Result<std::set<std::string>> inlined_names(CatalogDatabase& source) {
  TRY_ASSIGN(const auto listed,
             source.query(fmt::format("SELECT table_name FROM {}", source.table(kInlinedTables))));
  std::set<std::string> out;
  for (std::string& name : first_cells(listed)) {
    TRY_ASSIGN(const bool found, source.has_table(name));
    if (found) out.insert(std::move(name));
  }
  return out;
}

// The same with their columns. Errors: kCorrupt where the catalog does not say which they are.
Result<std::vector<LakeInlined>> all_inlined(CatalogDatabase& source) {
  std::vector<LakeInlined> out;
  TRY_ASSIGN(std::set<std::string> names, inlined_names(source));
  if (names.empty()) return out;
  TRY_ASSIGN(const ducklake::LakeRecords records, read_records(source, "", RecordParts::kFiles));
  for (const ducklake::InlinedTable& inlined : records.inlined_tables) {
    if (names.erase(inlined.row.name) == 0) continue;
    const ducklake::Id table = inlined.row.table_id;
    const ducklake::Id since = inlined.since.value_or(0);
    TRY_ASSIGN(auto columns, ducklake::column_tree(ducklake::columns_at(records, table, since),
                                                   ducklake::table_name(records, table, since)));
    TRY_ASSIGN(const auto kept, source.column_names(inlined.row.name));
    if (!inlined.since || columns.size() + kInlinedHeadColumns != kept.size()) {
      return fail(unknown_columns(source, inlined.row.name));
    }
    out.push_back({inlined.row.name, std::move(columns)});
  }
  return out;
}

Status different(CatalogDatabase& target, const std::string& table,
                 const std::vector<CatalogRow>& source_rows,
                 const std::vector<CatalogRow>& target_rows) {
  const auto spelled = [](const std::vector<CatalogRow>& rows, std::size_t at) {
    if (at >= rows.size()) return std::string("no row");
    std::vector<std::string> cells;
    for (const auto& cell : rows[at]) cells.push_back(cell.value_or("NULL"));
    return "(" + join(cells, ", ") + ")";
  };
  std::size_t at = 0;
  while (at < source_rows.size() && at < target_rows.size() && source_rows[at] == target_rows[at]) {
    ++at;
  }
  return fail(Error(ErrorKind::kMismatch,
                    fmt::format("table {} of the catalog differs: {} in the source, {} in the copy",
                                table, spelled(source_rows, at), spelled(target_rows, at)))
                  .about(target.display()));
}

Status compare_rows(CatalogDatabase& target, const std::string& table,
                    std::vector<CatalogRow> source_rows, std::vector<CatalogRow> target_rows) {
  std::sort(source_rows.begin(), source_rows.end());
  std::sort(target_rows.begin(), target_rows.end());
  if (source_rows == target_rows) return {};
  return different(target, table, source_rows, target_rows);
}

}  // namespace

Status copy_catalog(CatalogDatabase& source, CatalogDatabase& target,
                    const std::string& data_path) {
  for (const CatalogTable& table : catalog_tables()) {
    TRY_ASSIGN(const bool found, source.has_table(table.name));
    if (!found) continue;
    TRY_ASSIGN(const CatalogTable part, part_of(source, table));
    TRY(copy_table(source, target, part, data_path));
  }
  TRY_ASSIGN(const auto inlined, all_inlined(source));
  for (const LakeInlined& one : inlined) TRY(copy_inlined(source, target, one));
  TRY_ASSIGN(const auto deletes, inlined_deletes(source));
  for (const CatalogTable& table : deletes) {
    TRY(target.execute(
        fmt::format("CREATE TABLE {} (file_id BIGINT, row_id BIGINT, begin_snapshot BIGINT)",
                    target.table(table.name))));
    TRY(copy_table(source, target, table, data_path));
  }
  return {};
}

Status compare_catalogs(CatalogDatabase& source, CatalogDatabase& target,
                        const std::string& data_path) {
  std::vector<CatalogTable> tables = catalog_tables();
  TRY_ASSIGN(const auto deletes, inlined_deletes(source));
  tables.insert(tables.end(), deletes.begin(), deletes.end());
  for (const CatalogTable& table : tables) {
    TRY_ASSIGN(const bool found, source.has_table(table.name));
    if (!found) continue;
    TRY_ASSIGN(const CatalogTable part, part_of(source, table));
    TRY_ASSIGN(auto source_rows, rows_of(source, part));
    set_data_path(table, data_path, source_rows);
    TRY_ASSIGN(auto target_rows, rows_of(target, part));
    TRY(compare_rows(target, table.name, std::move(source_rows), std::move(target_rows)));
  }
  TRY_ASSIGN(const auto inlined, inlined_names(source));
  for (const std::string& name : inlined) {
    const std::string numbers = fmt::format("SELECT {} FROM ", kInlinedHead);
    TRY_ASSIGN(auto source_rows, source.query(numbers + source.table(name)));
    TRY_ASSIGN(auto target_rows, target.query(numbers + target.table(name)));
    TRY(compare_rows(target, name, std::move(source_rows), std::move(target_rows)));
  }
  return {};
}

}  // namespace sluice
