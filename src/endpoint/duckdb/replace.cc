#include "endpoint/duckdb/replace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "endpoint/duckdb/add_rows.h"
#include "endpoint/duckdb/ddl.h"

namespace sluice::duckdb {
namespace {

bool has_foreign_keys(const DuckdbCatalog& catalog, const Table& table) {
  if (!table.foreign_keys.empty()) return true;
  return std::any_of(catalog.tables.begin(), catalog.tables.end(), [&](const Table& other) {
    return std::any_of(other.foreign_keys.begin(), other.foreign_keys.end(),
                       [&](const ForeignKey& key) { return same_name(key.target, table.name); });
  });
}

constexpr int kLevelsMax = 10'000;

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<std::uint64_t> count_rows(EngineConnection& connection, const std::string& relation) {
  TRY_ASSIGN(const auto text, connection.value("SELECT count(*) FROM " + relation));
  return number(text.value_or("0"));
}

std::string any_null(const std::vector<std::string>& columns) {
  std::vector<std::string> terms;
  for (const std::string& c : columns) terms.push_back("s." + quote_identifier(c) + " IS NULL");
  return "(" + join(terms, " OR ") + ")";
}

std::string matches(const std::vector<std::string>& target,
                    const std::vector<std::string>& source) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < target.size(); ++i) {
    terms.push_back("t." + quote_identifier(target[i]) + " = s." + quote_identifier(source[i]));
  }
  return join(terms, " AND ");
}

std::string refers_to_rows(const ForeignKey& key, const TableName& target) {
  return fmt::format("({} OR EXISTS (SELECT 1 FROM {} t WHERE {}))", any_null(key.columns),
                     target.quoted(), matches(key.target_columns, key.columns));
}

// By the key that is referred to. A row without it was moved in the first level or refers to
// others.
std::string not_yet_moved(const ForeignKey& key, const TableName& target) {
  return fmt::format("NOT EXISTS (SELECT 1 FROM {} t WHERE {}) AND NOT {}", target.quoted(),
                     matches(key.target_columns, key.target_columns), any_null(key.columns));
}

nlohmann::json key_json(const ForeignKey& key) {
  return {{"columns", key.columns}, {"target_columns", key.target_columns}};
}

}  // namespace

KeptObject keep_object(const DuckdbCatalog& catalog, const Table& table,
                       const TableName& kept_name) {
  KeptObject out;
  out.name = table.name;
  out.kept = kept_name;
  out.is_view = table.is_view;
  out.copied = !table.is_view && has_foreign_keys(catalog, table);
  out.create_sql = table.is_view ? table.view_sql : table.native_ddl;
  for (const Index& index : table.indexes) {
    out.index_sql.push_back(index.definition);
    out.index_names.push_back(TableName{table.name.schema, index.name}.quoted());
  }
  for (const ForeignKey& key : table.foreign_keys) {
    if (same_name(key.target, table.name)) out.self_keys.push_back(key);
  }
  if (!table.comment.empty()) {
    out.comment_sql.push_back(fmt::format("COMMENT ON {} {} IS {}",
                                          table.is_view ? "VIEW" : "TABLE", table.name.quoted(),
                                          quote_literal(table.comment)));
  }
  for (const Column& column : table.columns) {
    if (!column.generated) out.columns.push_back(column.name);
    if (column.comment.empty() || table.is_view) continue;
    out.comment_sql.push_back(fmt::format("COMMENT ON COLUMN {}.{} IS {}", table.name.quoted(),
                                          quote_identifier(column.name),
                                          quote_literal(column.comment)));
  }
  return out;
}

std::vector<std::string> stow_sql(const KeptObject& object) {
  if (object.is_view) return {};
  if (object.copied || object.stays) {
    return {fmt::format("CREATE TABLE {} AS SELECT {} FROM {}", object.kept.quoted(),
                        column_list(object.columns), object.name.quoted())};
  }
  std::vector<std::string> out;
  for (const std::string& index : object.index_names) out.push_back("DROP INDEX " + index);
  out.push_back(fmt::format("ALTER TABLE {} RENAME TO {}", object.name.quoted(),
                            quote_identifier(object.kept.name)));
  return out;
}

std::string drop_sql(const KeptObject& object) {
  return fmt::format("DROP {} {}", object.is_view ? "VIEW" : "TABLE", object.name.quoted());
}

std::vector<std::string> decorate_sql(const KeptObject& object) {
  std::vector<std::string> out = object.index_sql;
  out.insert(out.end(), object.comment_sql.begin(), object.comment_sql.end());
  return out;
}

Status execute_all(EngineConnection& connection, const std::vector<std::string>& statements) {
  for (const std::string& sql : statements) TRY(connection.execute(sql));
  return {};
}

Status restore(EngineConnection& connection, const KeptObject& object) {
  if (object.stays) return take_rows_back(connection, object);
  if (!object.is_view && !object.copied) {
    TRY(connection.execute(fmt::format("ALTER TABLE {} RENAME TO {}", object.kept.quoted(),
                                       quote_identifier(object.name.name))));
    return execute_all(connection, decorate_sql(object));
  }
  TRY(connection.execute(object.create_sql));
  if (object.copied) {
    TRY(move_rows(connection, {object.kept, object.name, object.columns, "", object.self_keys}));
    TRY(connection.execute("DROP TABLE " + object.kept.quoted()));
  }
  return execute_all(connection, decorate_sql(object));
}

Status move_rows(EngineConnection& connection, const RowMove& move) {
  std::vector<std::string> columns;
  for (const std::string& column : move.columns) columns.push_back("s." + quote_identifier(column));
  const std::string insert =
      fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} s WHERE {}", move.target.quoted(),
                  column_list(move.columns), join(columns, ", "), move.source.quoted(),
                  move.where.empty() ? "true" : "(" + move.where + ")");
  if (move.self_keys.empty()) return connection.execute(insert);
  TRY_ASSIGN(const std::uint64_t expected,
             count_rows(connection, fmt::format("{} s WHERE {}", move.source.quoted(),
                                                move.where.empty() ? "true" : move.where)));
  std::uint64_t inserted = 0;
  for (int level = 0; level < kLevelsMax && inserted < expected; ++level) {
    std::string sql = insert;
    for (const ForeignKey& key : move.self_keys) {
      sql += " AND " + (level == 0 ? any_null(key.columns) : refers_to_rows(key, move.target));
    }
    if (level > 0) sql += " AND " + not_yet_moved(move.self_keys.front(), move.target);
    TRY_ASSIGN(const auto count, connection.value(sql));
    const std::uint64_t rows = number(count.value_or("0"));
    if (rows == 0 && level > 0) break;
    inserted += rows;
  }
  if (inserted == expected) return {};
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("{} of {} rows refer to themselves, to each other in a circle, or to such "
                        "rows, which DuckDB's foreign key to the same table refuses",
                        expected - inserted, expected))
          .about(move.target.display())
          .advise(fmt::format("break the circle in the source, or move the table without its keys: "
                              "--table {} --map {}, a file with SELECT * FROM {}",
                              shell_word(move.target.name), shell_word(move.target.name + ".sql"),
                              quote_identifier(move.target.name))));
}

nlohmann::json to_json(const KeptObject& object) {
  nlohmann::json self_keys = nlohmann::json::array();
  for (const ForeignKey& key : object.self_keys) self_keys.push_back(key_json(key));
  return {{"schema", object.name.schema},
          {"name", object.name.name},
          {"kept_schema", object.kept.schema},
          {"kept_name", object.kept.name},
          {"is_view", object.is_view},
          {"copied", object.copied},
          {"stays", object.stays},
          {"create_sql", object.create_sql},
          {"columns", object.columns},
          {"index_sql", object.index_sql},
          {"index_names", object.index_names},
          {"comment_sql", object.comment_sql},
          {"self_keys", self_keys}};
}

KeptObject kept_object_of(const nlohmann::json& json) {
  KeptObject out;
  out.name = {json.value("schema", ""), json.value("name", "")};
  out.kept = {json.value("kept_schema", ""), json.value("kept_name", "")};
  out.is_view = json.value("is_view", false);
  out.copied = json.value("copied", false);
  out.stays = json.value("stays", false);
  out.create_sql = json.value("create_sql", "");
  const auto list = [&](const char* key) { return json.value(key, std::vector<std::string>()); };
  out.columns = list("columns");
  out.index_sql = list("index_sql");
  out.index_names = list("index_names");
  out.comment_sql = list("comment_sql");
  for (const nlohmann::json& item : json.value("self_keys", nlohmann::json::array())) {
    ForeignKey& key = out.self_keys.emplace_back();
    key.columns = item.value("columns", std::vector<std::string>());
    key.target = out.name;
    key.target_columns = item.value("target_columns", std::vector<std::string>());
  }
  return out;
}

}  // namespace sluice::duckdb
