#include "backup/inlined_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "base/text.h"

namespace sluice {
namespace {

using ducklake::Id;
using ducklake::LakeRecords;

constexpr std::size_t kRowsAtOnce = 100;
constexpr std::string_view kColumns = "sluice_inlined_columns";

// What a catalog in SQLite keeps a column in.
enum class Form { kNumber, kBytes, kText };

struct InlinedColumn {
  std::string name;
  Form form = Form::kText;
  std::string lake_type;  // "" for the table's own numbers
  std::string declared;   // by the lake's own database
};

Form form_of(const std::string& type) {
  static constexpr std::array<std::string_view, 8> kNumbers = {
      "boolean", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"};
  const std::string lower = to_lower(type);
  if (std::find(kNumbers.begin(), kNumbers.end(), lower) != kNumbers.end()) return Form::kNumber;
  if (lower == "blob" || lower.starts_with("geometry")) return Form::kBytes;
  return Form::kText;
}

std::string type_of(Form form) {
  if (form == Form::kNumber) return "BIGINT";
  return form == Form::kBytes ? "BLOB" : "VARCHAR";
}

// PostgreSQL's catalogs keep text as bytes, since their text cannot hold a NUL byte.
bool is_bytes_in_postgres(const std::string& declared) { return to_lower(declared) == "bytea"; }

std::string decode_hex(const std::string& text) {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

std::string hex_of(const std::string& bytes) {
  return hex(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

// An expression whose text is what a catalog in SQLite would have; bytes as \x6162.
std::string read_sql(const CatalogDatabase& database, const InlinedColumn& column) {
  const std::string name = quote_identifier(column.name);
  if (database.dialect().name == "duckdb") {
    if (column.form == Form::kBytes) return fmt::format("'\\x' || hex({})", name);
    return fmt::format("CAST({} AS VARCHAR)", name);
  }
  if (database.dialect().name != "postgres" || to_lower(column.lake_type) != "interval" ||
      !to_lower(column.declared).starts_with("interval")) {
    return name;
  }
  return fmt::format(
      "CAST(extract(year FROM {0}) * 12 + extract(month FROM {0}) AS bigint) || ' months ' || "
      "CAST(extract(day FROM {0}) AS bigint) || ' days ' || CAST((extract(hour FROM {0}) * 60 + "
      "extract(minute FROM {0})) * 60000000 + extract(microseconds FROM {0}) AS bigint) || "
      "' microseconds'",
      name);
}

// A cell as SQLite keeps it, out of what read_sql gave.
std::string archive_literal(const CatalogDatabase& source, const InlinedColumn& column,
                            const std::optional<std::string>& cell) {
  if (!cell) return "NULL";
  const bool is_hex = (source.dialect().name == "duckdb" && column.form == Form::kBytes) ||
                      is_bytes_in_postgres(column.declared);
  const std::string value = is_hex ? decode_hex(*cell) : *cell;
  if (column.form == Form::kBytes) return "X'" + hex_of(value) + "'";
  if (column.form == Form::kText) {
    if (value.find('\0') == std::string::npos) return quote_literal(value);
    return "CAST(X'" + hex_of(value) + "' AS TEXT)";
  }
  if (value == "t" || value == "true") return "1";
  if (value == "f" || value == "false") return "0";
  return value;
}

// A cell of the archive as the database `target` keeps it under its declared type.
std::string target_literal(const CatalogDatabase& target, const InlinedColumn& column,
                           const std::optional<std::string>& cell) {
  if (!cell) return "NULL";
  const std::string& dialect = target.dialect().name;
  if (dialect == "sqlite") {
    if (column.form == Form::kBytes) return "X'" + hex_of(*cell) + "'";
    if (column.form == Form::kNumber) return *cell;
    if (cell->find('\0') == std::string::npos) return quote_literal(*cell);
    return "CAST(X'" + hex_of(*cell) + "' AS TEXT)";
  }
  if (dialect == "postgres" && is_bytes_in_postgres(column.declared)) {
    return "'\\x" + hex_of(*cell) + "'::bytea";
  }
  if (dialect == "duckdb" && column.form == Form::kBytes) {
    return "from_hex('" + hex_of(*cell) + "')";
  }
  return fmt::format("CAST({} AS {})", quote_literal(*cell), column.declared);
}

// Of the tables that hold rows or deletions: their columns as the database declares them.
Result<std::vector<InlinedColumn>> columns_of(CatalogDatabase& source, const std::string& table) {
  std::vector<InlinedColumn> out;
  TRY_ASSIGN(const auto names, source.column_names(table));
  for (const std::string& name : names) out.push_back({name, Form::kNumber, "", ""});
  if (source.dialect().name == "sqlite") return out;
  const std::string sql =
      source.dialect().name == "postgres"
          ? fmt::format(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
                "attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped",
                quote_literal(source.table(table)))
          : fmt::format(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = {} "
                "AND database_name = {}",
                quote_literal(table), quote_literal(split(source.table(table), '.').front()));
  TRY_ASSIGN(const auto rows, source.query(sql));
  for (InlinedColumn& column : out) {
    for (const CatalogRow& row : rows) {
      if (row.at(0) == column.name) column.declared = row.at(1).value_or("");
    }
  }
  return out;
}

Status make_table(CatalogDatabase& target, const std::string& table,
                  const std::vector<InlinedColumn>& columns, bool as_declared) {
  std::vector<std::string> items;
  for (const InlinedColumn& column : columns) {
    items.push_back(quote_identifier(column.name) + " " +
                    (as_declared ? column.declared : type_of(column.form)));
  }
  return target.execute(
      fmt::format("CREATE TABLE {} ({})", target.table(table), join(items, ", ")));
}

template <typename Literal>
Status insert(CatalogDatabase& target, const std::string& table,
              const std::vector<InlinedColumn>& columns, const std::vector<CatalogRow>& rows,
              Literal literal_of) {
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    std::vector<std::string> tuples;
    for (std::size_t i = first; i < std::min(rows.size(), first + kRowsAtOnce); ++i) {
      std::vector<std::string> cells;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        cells.push_back(literal_of(columns[c], rows[i].at(c)));
      }
      tuples.push_back("(" + join(cells, ", ") + ")");
    }
    TRY(target.execute(
        fmt::format("INSERT INTO {} VALUES {}", target.table(table), join(tuples, ", "))));
  }
  return {};
}

Status capture_table(CatalogDatabase& source, const std::string& table,
                     const std::map<std::string, std::string>& lake_types,
                     CatalogDatabase& archive) {
  TRY_ASSIGN(std::vector<InlinedColumn> columns, columns_of(source, table));
  std::vector<std::string> items;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    InlinedColumn& column = columns[i];
    const auto type = lake_types.find(column.name);
    if (type != lake_types.end()) {
      column.lake_type = type->second;
      column.form = form_of(type->second);
    }
    items.push_back(read_sql(source, column));
    TRY(archive.execute(fmt::format("INSERT INTO {} VALUES ({}, {}, {}, {})", kColumns,
                                    quote_literal(table), i, quote_literal(column.name),
                                    quote_literal(column.declared))));
  }
  TRY(make_table(archive, table, columns, false));
  TRY_ASSIGN(const auto rows, source.query(fmt::format("SELECT {} FROM {}", join(items, ", "),
                                                       source.table(table))));
  return insert(archive, table, columns, rows,
                [&](const InlinedColumn& column, const std::optional<std::string>& cell) {
                  return archive_literal(source, column, cell);
                });
}

// How SQLite declared what was captured.
Form form_in_archive(const std::string& declared) {
  if (declared == "BIGINT") return Form::kNumber;
  return declared == "BLOB" ? Form::kBytes : Form::kText;
}

Status restore_table(CatalogDatabase& archive, const std::string& table, bool as_declared,
                     CatalogDatabase& target) {
  TRY_ASSIGN(const auto rows_of_columns,
             archive.query(fmt::format(
                 "SELECT c.column_name, c.declared_type, p.type FROM {} c JOIN "
                 "pragma_table_info({}) p ON p.name = c.column_name WHERE c.table_name = {} ORDER "
                 "BY c.place",
                 kColumns, quote_literal(table), quote_literal(table))));
  std::vector<InlinedColumn> columns;
  std::vector<std::string> items;
  for (const CatalogRow& row : rows_of_columns) {
    columns.push_back({row.at(0).value_or(""), form_in_archive(row.at(2).value_or("")), "",
                       row.at(1).value_or("")});
    if (columns.back().declared.empty()) columns.back().declared = row.at(2).value_or("");
    items.push_back(quote_identifier(columns.back().name));
  }
  TRY(make_table(target, table, columns, as_declared));
  TRY_ASSIGN(const auto rows, archive.query(fmt::format("SELECT {} FROM {}", join(items, ", "),
                                                        archive.table(table))));
  return insert(target, table, columns, rows,
                [&](const InlinedColumn& column, const std::optional<std::string>& cell) {
                  return target_literal(target, column, cell);
                });
}

Result<bool> is_empty(CatalogDatabase& database, const std::string& table) {
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT 1 FROM {} LIMIT 1", database.table(table))));
  return rows.empty();
}

}  // namespace

Status capture_inlined(CatalogDatabase& source, const LakeRecords& records,
                       CatalogDatabase& archive) {
  TRY(archive.execute(fmt::format(
      "CREATE TABLE {} (table_name VARCHAR, place BIGINT, column_name VARCHAR, declared_type "
      "VARCHAR)",
      kColumns)));
  std::set<Id> tables;
  for (const ducklake::TableRow& table : records.tables) tables.insert(table.id);
  for (const ducklake::InlinedTable& inlined : records.inlined_tables) {
    tables.insert(inlined.row.table_id);
    if (!inlined.is_there) continue;
    std::map<std::string, std::string> types;
    for (const auto& column : columns_at(records, inlined.row.table_id, inlined.since)) {
      if (!column.parent) types[column.name] = column.type;
    }
    TRY(capture_table(source, inlined.row.name, types, archive));
  }
  for (const Id table : tables) {
    const std::string name = fmt::format("ducklake_inlined_delete_{}", table);
    TRY_ASSIGN(const bool is_there, source.has_table(name));
    if (is_there) TRY(capture_table(source, name, {}, archive));
  }
  return {};
}

Status restore_inlined(CatalogDatabase& archive, const std::string& kind, CatalogDatabase& target) {
  TRY_ASSIGN(const auto names,
             archive.query(fmt::format("SELECT DISTINCT table_name FROM {} ORDER BY 1", kColumns)));
  const std::string& dialect = target.dialect().name;
  for (const std::string& table : first_cells(names)) {
    const bool is_plain = dialect == "sqlite" || table.starts_with("ducklake_inlined_delete_");
    if (is_plain || dialect == kind) {
      TRY(restore_table(archive, table, dialect != "sqlite", target));
      continue;
    }
    TRY_ASSIGN(const bool empty, is_empty(archive, table));
    if (!empty) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("the archive's catalog itself holds rows, in {}, and was in "
                                    "{}: it cannot be restored to {}",
                                    table, kind, dialect))
                      .about(table)
                      .advise(fmt::format("restore to ducklake:sqlite:PATH or to a catalog in {}; "
                                          "or flush such rows to files before the archive is made "
                                          "(CALL ducklake_flush_inlined_data)",
                                          kind)));
    }
    TRY(target.execute(fmt::format("DELETE FROM {} WHERE table_name = {}",
                                   target.table("ducklake_inlined_data_tables"),
                                   quote_literal(table))));
  }
  return {};
}

}  // namespace sluice
