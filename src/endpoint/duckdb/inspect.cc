#include "endpoint/duckdb/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "endpoint/duckdb/sql_embedded.h"
#include "endpoint/sql_names.h"

namespace sluice::duckdb {
namespace {

using TableMap = std::map<TableName, std::size_t>;

std::string cell(const TextRow& row, std::size_t at) { return row[at].value_or(""); }

Result<std::vector<TextRow>> ask(EngineConnection& connection, std::string_view sql,
                                 const std::string& catalog) {
  return connection.rows(fmt::format(fmt::runtime(sql), quote_literal(catalog)));
}

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> names(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  return parsed.is_array() ? parsed.get<std::vector<std::string>>() : std::vector<std::string>();
}

// duckdb_indexes() gives "[x, '\"my col\"', '(abs(x))']": columns only where every item is one.
std::vector<std::string> index_columns(const std::string& expressions, const Table& table) {
  std::vector<std::string> columns;
  std::string rest(trim(expressions));
  if (rest.size() < 2) return {};
  rest = rest.substr(1, rest.size() - 2);
  while (!rest.empty()) {
    const Column* best = nullptr;
    std::size_t best_length = 0;
    for (const Column& column : table.columns) {
      const std::string inner =
          replace_all(replace_all(quote_identifier(column.name), "\\", "\\\\"), "'", "\\'");
      for (const std::string& spelling : {column.name, "'" + inner + "'"}) {
        const bool whole = rest == spelling || rest.starts_with(spelling + ", ");
        if (whole && spelling.size() > best_length) {
          best = &column;
          best_length = spelling.size();
        }
      }
    }
    if (best == nullptr) return {};
    columns.push_back(best->name);
    rest = rest.size() > best_length ? rest.substr(best_length + 2) : "";
  }
  return columns;
}

bool is_generated(const Table& table, const std::string& column, const std::string& data_type) {
  const std::string tail = " " + data_type + " GENERATED ALWAYS AS";
  return table.native_ddl.find(column + tail) != std::string::npos ||
         table.native_ddl.find(quote_identifier(column) + tail) != std::string::npos;
}

bool has_collation(const Table& table, const std::string& column) {
  static constexpr std::string_view kTail = " VARCHAR COLLATE ";
  return table.native_ddl.find(column + std::string(kTail)) != std::string::npos ||
         table.native_ddl.find(quote_identifier(column) + std::string(kTail)) != std::string::npos;
}

Status read_tables(EngineConnection& connection, const std::string& catalog, bool own_objects,
                   DuckdbCatalog& out) {
  TRY_ASSIGN(const auto rows, ask(connection, sql::kListTables, catalog));
  for (const TextRow& row : rows) {
    if (!own_objects && is_of_a_run(cell(row, 1))) continue;
    Table table;
    table.name = {cell(row, 0), cell(row, 1)};
    table.comment = cell(row, 2);
    table.is_view = cell(row, 4) == "true";
    (table.is_view ? table.view_sql : table.native_ddl) = cell(row, 3);
    const auto columns = connection.describe("SELECT * FROM " + qualified(catalog, table.name));
    if (!columns) {
      if (columns.error().kind == ErrorKind::kCancelled) return fail(columns.error());
      if (!table.is_view) return fail(columns.error());
      out.findings.push_back({"view_unreadable", table.name.display(), columns.error().message});
      continue;
    }
    for (const ResultColumn& column : *columns) {
      Column& added = table.columns.emplace_back();
      added.name = column.name;
      added.type = column.type;
    }
    out.tables.push_back(std::move(table));
  }
  return {};
}

Status read_columns(EngineConnection& connection, const std::string& catalog, const TableMap& map,
                    DuckdbCatalog& out) {
  TRY_ASSIGN(const auto rows, ask(connection, sql::kListColumns, catalog));
  for (const TextRow& row : rows) {
    const auto at = map.find({cell(row, 0), cell(row, 1)});
    if (at == map.end()) continue;
    Table& table = out.tables[at->second];
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const Column& c) { return c.name == cell(row, 2); });
    if (column == table.columns.end()) continue;
    column->type.native_name = cell(row, 3);
    column->comment = cell(row, 6);
    if (table.is_view) continue;
    column->nullable = cell(row, 4) == "true";
    if (has_collation(table, column->name)) {
      out.findings.push_back(
          {"collation_not_carried", table.name.display(),
           fmt::format("column \"{}\" compares by a COLLATE, in the target by bytes",
                       column->name)});
    }
    if (!row[5]) continue;
    if (is_generated(table, column->name, cell(row, 3))) {
      column->generated = true;
    } else if (!sequence_of_default(*row[5]).empty()) {
      column->identity = true;
      column->default_sql = row[5];
    } else {
      column->default_sql = row[5];
    }
  }
  return {};
}

// DuckDB prints a foreign key to the table itself as nothing: "b INTEGER, );". Without the blank
// items and with the keys at the end the statement can be run.
std::string with_self_keys(const Table& table) {
  std::string keys;
  for (const ForeignKey& key : table.foreign_keys) {
    if (key.target != table.name) continue;
    std::vector<std::string> own;
    std::vector<std::string> others;
    for (const std::string& column : key.columns) own.push_back(quote_identifier(column));
    for (const std::string& column : key.target_columns) others.push_back(quote_identifier(column));
    keys += fmt::format(", FOREIGN KEY ({}) REFERENCES {}({})", join(own, ", "),
                        table.name.quoted(), join(others, ", "));
  }
  if (keys.empty()) return table.native_ddl;
  std::string out;
  char quote = 0;
  for (const char c : table.native_ddl) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if ((c == ',' || c == ')') && out.ends_with(", ")) {
      out.resize(out.size() - 2);
    }
    out += c;
  }
  const std::size_t end = out.rfind(')');
  return end == std::string::npos ? out : out.insert(end, keys);
}

Status read_constraints(EngineConnection& connection, const std::string& catalog,
                        const TableMap& map, DuckdbCatalog& out) {
  TRY_ASSIGN(const auto rows, ask(connection, sql::kListConstraints, catalog));
  for (const TextRow& row : rows) {
    const auto at = map.find({cell(row, 0), cell(row, 1)});
    if (at == map.end()) continue;
    Table& table = out.tables[at->second];
    const std::string kind = cell(row, 2);
    if (kind == "PRIMARY KEY" || kind == "UNIQUE") {
      table.keys.push_back(
          {kind == "UNIQUE" ? KeyKind::kUnique : KeyKind::kPrimary, "", names(cell(row, 4))});
    } else if (kind == "FOREIGN KEY") {
      ForeignKey& key = table.foreign_keys.emplace_back();
      key.columns = names(cell(row, 4));
      key.target = {table.name.schema, cell(row, 5)};
      key.target_columns = names(cell(row, 6));
    } else if (kind == "CHECK") {
      table.checks.push_back({"", cell(row, 3)});
    }
  }
  for (Table& table : out.tables) table.native_ddl = with_self_keys(table);
  return {};
}

Status read_indexes(EngineConnection& connection, const std::string& catalog, const TableMap& map,
                    DuckdbCatalog& out) {
  TRY_ASSIGN(const auto rows, ask(connection, sql::kListIndexes, catalog));
  for (const TextRow& row : rows) {
    const auto at = map.find({cell(row, 0), cell(row, 1)});
    if (at == map.end()) continue;
    Table& table = out.tables[at->second];
    std::string definition = cell(row, 5);
    if (row[6]) {
      definition +=
          fmt::format(" COMMENT ON INDEX {} IS {}", TableName{cell(row, 0), cell(row, 2)}.quoted(),
                      quote_literal(*row[6]));
    }
    table.indexes.push_back({cell(row, 2), index_columns(cell(row, 4), table),
                             cell(row, 3) == "true", std::move(definition), "", false});
  }
  return {};
}

// A sequence belongs to the column whose default calls it.
Status read_sequences(EngineConnection& connection, const std::string& catalog,
                      DuckdbCatalog& out) {
  TRY_ASSIGN(const auto rows, ask(connection, sql::kListSequences, catalog));
  for (const TextRow& row : rows) {
    DuckdbSequence found;
    found.schema = cell(row, 0);
    found.sequence.name = cell(row, 1);
    found.sequence.next_value = number(cell(row, 2));
    found.sequence.increment = number(cell(row, 3));
    found.create_sql = cell(row, 4);
    for (Table& table : out.tables) {
      for (const Column& column : table.columns) {
        if (!column.identity || table.name.schema != found.schema) continue;
        if (to_lower(sequence_of_default(*column.default_sql)) != to_lower(found.sequence.name)) {
          continue;
        }
        found.sequence.owned_by_column = column.name;
        table.sequences.push_back(found.sequence);
      }
    }
    out.sequences.push_back(std::move(found));
  }
  return {};
}

}  // namespace

const Table* DuckdbCatalog::find(const TableName& name) const {
  for (const Table& table : tables) {
    if (to_lower(table.name.schema) == to_lower(name.schema) &&
        to_lower(table.name.name) == to_lower(name.name)) {
      return &table;
    }
  }
  return nullptr;
}

Result<DuckdbCatalog> inspect_duckdb(EngineConnection& connection, const std::string& catalog,
                                     bool own_objects) {
  DuckdbCatalog out;
  TRY(read_tables(connection, catalog, own_objects, out));
  TableMap map;
  for (std::size_t i = 0; i < out.tables.size(); ++i) map[out.tables[i].name] = i;
  TRY(read_columns(connection, catalog, map, out));
  TRY(read_constraints(connection, catalog, map, out));
  TRY(read_indexes(connection, catalog, map, out));
  TRY(read_sequences(connection, catalog, out));
  TRY_ASSIGN(const auto macros, ask(connection, sql::kListMacros, catalog));
  for (const TextRow& row : macros) {
    out.findings.push_back(
        {"macro_not_carried", cell(row, 0) + "." + cell(row, 1), "macros are not carried"});
  }
  return out;
}

std::string qualified(const std::string& catalog, const TableName& name) {
  const TableName full{name.schema.empty() ? "main" : name.schema, name.name};
  return catalog + "." + full.quoted();
}

std::string sequence_of_default(const std::string& default_sql) {
  static constexpr std::string_view kHead = "nextval('";
  static constexpr std::string_view kTail = "')";
  const std::string text(trim(default_sql));
  if (!text.starts_with(kHead) || !text.ends_with(kTail)) return "";
  std::string name = text.substr(kHead.size(), text.size() - kHead.size() - kTail.size());
  if (name.find('\'') != std::string::npos) return "";
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos) name = name.substr(dot + 1);
  return replace_all(name, "\"", "");
}

}  // namespace sluice::duckdb
