#include "endpoint/mysql/ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/mysql/run.h"

namespace sluice::mysql {
namespace {

constexpr std::size_t kCharacterBytesMax = 4;
constexpr int kPrefixCharacters = 191;  // of an index over a text of any length

bool same_name(const std::string& a, const std::string& b) { return to_lower(a) == to_lower(b); }

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return same_name(n, name); });
}

bool is_unbounded(const std::string& native) {
  return native.starts_with("longtext") || native.starts_with("longblob");
}

const TargetColumn* find_column(const TargetTable& table, const std::string& name) {
  for (const TargetColumn& column : table.columns) {
    if (same_name(column.name, name)) return &column;
  }
  return nullptr;
}

std::size_t unbounded_in(const TargetTable& table, const std::vector<std::string>& columns) {
  std::size_t count = 0;
  for (const std::string& name : columns) {
    const TargetColumn* column = find_column(table, name);
    if (column != nullptr && is_unbounded(column->native_type)) ++count;
  }
  return count;
}

// The bytes that a column of any length may have in the narrowest key that it is in; 0: in none.
std::size_t key_bytes(const TargetTable& table, const TargetColumn& column) {
  std::size_t bytes = 0;
  const auto narrow = [&](const std::vector<std::string>& columns) {
    if (!holds(columns, column.name)) return;
    const std::size_t share =
        static_cast<std::size_t>(kMysqlKeyBytesMax) /
        std::max<std::size_t>(
            1, columns.size() > 1
                   ? std::max<std::size_t>(columns.size(), unbounded_in(table, columns))
                   : 1);
    bytes = bytes == 0 ? share : std::min(bytes, share);
  };
  for (const Key& key : table.keys) {
    if (key.kind == KeyKind::kPrimary) narrow(key.columns);
  }
  for (const ForeignKey& key : table.foreign_keys) narrow(key.columns);
  return bytes;
}

std::string native_type(const TargetTable& table, const TargetColumn& column) {
  static constexpr std::size_t kNameSize = 8;  // of "longtext" and "longblob"
  const std::string& native = column.native_type;
  if (!is_unbounded(native)) return native;
  const std::size_t bytes = key_bytes(table, column);
  if (bytes == 0) return native;
  if (native.starts_with("longblob")) return fmt::format("varbinary({})", bytes);
  return fmt::format("varchar({}){}", bytes / kCharacterBytesMax, native.substr(kNameSize));
}

std::string default_clause(const TargetColumn& column) {
  const std::string& sql = *column.default_sql;
  if (to_lower(sql) == "current_timestamp") {
    const bool micros = column.native_type.ends_with("(6)");
    if (column.native_type.starts_with("datetime") || column.native_type.starts_with("timestamp")) {
      return micros ? " DEFAULT CURRENT_TIMESTAMP(6)" : " DEFAULT CURRENT_TIMESTAMP";
    }
  }
  return " DEFAULT (" + sql + ")";
}

std::string column_sql(const TargetTable& table, const TargetColumn& column) {
  std::string sql = quote_identifier(column.name) + " " + native_type(table, column);
  const bool primary = std::any_of(table.keys.begin(), table.keys.end(), [&](const Key& key) {
    return key.kind == KeyKind::kPrimary && holds(key.columns, column.name);
  });
  sql += column.nullable && !column.identity && !primary ? " NULL" : " NOT NULL";
  if (column.identity) {
    sql += " AUTO_INCREMENT";
  } else if (column.default_sql) {
    sql += default_clause(column);
  }
  if (!column.comment.empty()) sql += " COMMENT " + quote_literal(column.comment);
  return sql;
}

// The server hands out numbers only for the first column of an index.
bool leads_primary_key(const TargetTable& table, const std::string& column) {
  return std::any_of(table.keys.begin(), table.keys.end(), [&](const Key& key) {
    return key.kind == KeyKind::kPrimary && !key.columns.empty() &&
           same_name(key.columns.front(), column);
  });
}

std::string free_name(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = cut_name(wanted, "");
  for (int i = 2; taken.contains(to_lower(name)); ++i) {
    name = cut_name(wanted, fmt::format("_{}", i));
  }
  taken.insert(to_lower(name));
  return name;
}

// Columns of an index that is no key, texts of any length by their beginnings.
std::string index_columns(const TargetTable& table, const std::vector<std::string>& columns) {
  std::vector<std::string> out;
  for (const std::string& name : columns) {
    const TargetColumn* column = find_column(table, name);
    const bool whole = column == nullptr || !is_unbounded(native_type(table, *column));
    out.push_back(quote_identifier(name) + (whole ? "" : fmt::format("({})", kPrefixCharacters)));
  }
  return join(out, ", ");
}

}  // namespace

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(quote_identifier(name));
  return join(quoted, ", ");
}

std::string column_list(const TargetTable& table) {
  std::vector<std::string> names;
  for (const TargetColumn& column : table.columns) names.push_back(column.name);
  return quoted_list(names);
}

std::string create_table_sql(const TargetTable& table, const TableName& name, bool is_mariadb) {
  std::vector<std::string> parts;
  for (const TargetColumn& column : table.columns) parts.push_back(column_sql(table, column));
  for (const Key& key : table.keys) {
    if (key.kind == KeyKind::kPrimary)
      parts.push_back("PRIMARY KEY (" + quoted_list(key.columns) + ")");
  }
  for (const TargetColumn& column : table.columns) {
    if (column.identity && !leads_primary_key(table, column.name)) {
      parts.push_back("KEY (" + quote_identifier(column.name) + ")");
    }
  }
  for (const Check& check : table.checks) {
    const std::string constraint =
        check.name.empty() ? "" : "CONSTRAINT " + quote_identifier(check.name) + " ";
    parts.push_back(constraint + "CHECK (" + check.expression_sql + ")");
  }
  // Binary and without padding: what is different elsewhere is different here.
  std::string sql = fmt::format(
      "CREATE TABLE IF NOT EXISTS {} ({}) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER "
      "SET utf8mb4 COLLATE {}",
      name.quoted(), join(parts, ", "), is_mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin");
  if (!table.comment.empty()) sql += " COMMENT = " + quote_literal(table.comment);
  return sql;
}

std::vector<AddedIndex> added_indexes(const TargetTable& table) {
  std::vector<AddedIndex> out;
  std::set<std::string> taken{"primary"};
  for (const Key& key : table.keys) {
    if (key.kind == KeyKind::kPrimary) continue;
    const std::string name =
        free_name(key.name.empty() ? join(key.columns, "_") + "_key" : key.name, taken);
    out.push_back({name, fmt::format("ADD UNIQUE KEY {} ({})", quote_identifier(name),
                                     quoted_list(key.columns))});
  }
  for (const Index& index : table.indexes) {
    const std::string name =
        free_name(index.name.empty() ? join(index.columns, "_") + "_idx" : index.name, taken);
    out.push_back({name, fmt::format("ADD {}KEY {} ({})", index.unique ? "UNIQUE " : "",
                                     quote_identifier(name),
                                     index.unique ? quoted_list(index.columns)
                                                  : index_columns(table, index.columns))});
  }
  return out;
}

std::string foreign_key_sql(const std::string& name, const ForeignKey& key,
                            const TableName& referenced) {
  std::string sql =
      fmt::format("ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})", quote_identifier(name),
                  quoted_list(key.columns), referenced.quoted(), quoted_list(key.target_columns));
  if (!key.on_delete.empty()) sql += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) sql += " ON UPDATE " + key.on_update;
  return sql;
}

}  // namespace sluice::mysql
