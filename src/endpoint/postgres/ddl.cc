#include "endpoint/postgres/ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::postgres {
namespace {

// Cut to `bytes` at the border of a UTF-8 character.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

std::string key_name(const TargetTable& table, const Key& key) {
  if (!key.name.empty()) return key.name;
  if (key.kind == KeyKind::kPrimary) return table.name.name + "_pkey";
  return table.name.name + "_" + join(key.columns, "_") + "_key";
}

bool can_be_identity(const std::string& native) {
  return native == "smallint" || native == "integer" || native == "bigint";
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

std::string create_table_sql(const TargetTable& table, const TableName& name) {
  std::vector<std::string> columns;
  for (const TargetColumn& column : table.columns) {
    const bool own = !column.written_as.empty();
    std::string sql =
        quote_identifier(column.name) + " " + (own ? column.written_as : column.native_type);
    if (column.default_sql && !column.identity && !own) sql += " DEFAULT " + *column.default_sql;
    if (!column.nullable || column.identity) sql += " NOT NULL";
    columns.push_back(std::move(sql));
  }
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", name.quoted(), join(columns, ", "));
}

std::vector<std::string> own_type_sql(const TargetTable& table, const TableName& name) {
  std::vector<std::string> changes;
  std::vector<std::string> defaults;
  for (const TargetColumn& column : table.columns) {
    if (column.written_as.empty()) continue;
    const std::string alter = "ALTER COLUMN " + quote_identifier(column.name);
    changes.push_back(fmt::format("{0} TYPE {1} USING {2}::{1}", alter, column.native_type,
                                  quote_identifier(column.name)));
    if (column.default_sql) defaults.push_back(alter + " SET DEFAULT " + *column.default_sql);
  }
  std::vector<std::string> out;
  for (const auto* actions : {&changes, &defaults}) {
    if (actions->empty()) continue;
    out.push_back("ALTER TABLE " + name.quoted() + " " + join(*actions, ", "));
  }
  return out;
}

std::string free_name(const std::string& wanted, const std::string& suffix,
                      std::set<std::string>& taken) {
  static constexpr std::size_t kBytesMax = kPostgresIdentifierBytesMax;
  std::string name = cut(wanted, kBytesMax);
  for (int i = 1; taken.contains(name); ++i) {
    const std::string end = i == 1 ? "_" + suffix : fmt::format("_{}_{}", suffix, i);
    name = cut(wanted, kBytesMax - end.size()) + end;
  }
  taken.insert(name);
  return name;
}

Result<std::vector<std::string>> finish_sql(const TargetTable& table, const TableName& name,
                                            const std::string& suffix,
                                            std::set<std::string> taken) {
  std::vector<std::string> out;
  const std::string alter = "ALTER TABLE " + name.quoted() + " ";
  for (const Key& key : table.keys) {
    out.push_back(alter +
                  fmt::format("ADD CONSTRAINT {} {} ({})",
                              quote_identifier(free_name(key_name(table, key), suffix, taken)),
                              key.kind == KeyKind::kPrimary ? "PRIMARY KEY" : "UNIQUE",
                              quoted_list(key.columns)));
  }
  for (const Index& index : table.indexes) {
    if (index.columns.empty() && index.body.empty()) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("index \"{}\" of {} is not over columns",
                                                         index.name, table.name.display()))
                      .about(table.name.display()));
    }
    const std::string wanted =
        index.name.empty() ? table.name.name + "_" + join(index.columns, "_") + "_idx" : index.name;
    out.push_back(
        fmt::format("CREATE {}INDEX {} ON {} {}", index.unique ? "UNIQUE " : "",
                    quote_identifier(free_name(wanted, suffix, taken)), name.quoted(),
                    index.body.empty() ? "(" + quoted_list(index.columns) + ")" : index.body));
  }
  for (const TargetColumn& column : table.columns) {
    const std::string quoted = quote_identifier(column.name);
    if (column.identity) {
      if (!can_be_identity(column.native_type)) {
        return fail(Error(ErrorKind::kInvalid,
                          fmt::format("column \"{}\" of {} is {} and cannot be an identity",
                                      column.name, table.name.display(), column.native_type))
                        .about(table.name.display() + "." + column.name));
      }
      const TableName sequence{
          name.schema, free_name(table.name.name + "_" + column.name + "_seq", suffix, taken)};
      out.push_back(alter + fmt::format("ALTER COLUMN {} ADD GENERATED BY DEFAULT AS IDENTITY "
                                        "(SEQUENCE NAME {})",
                                        quoted, sequence.quoted()));
      out.push_back(set_identity_sql(name, column.name));
    }
    if (!column.comment.empty()) {
      out.push_back(fmt::format("COMMENT ON COLUMN {}.{} IS {}", name.quoted(), quoted,
                                quote_literal(column.comment)));
    }
  }
  for (const Check& check : table.checks) {
    const std::string constraint =
        check.name.empty() ? "" : "CONSTRAINT " + quote_identifier(check.name) + " ";
    out.push_back(alter + fmt::format("ADD {}CHECK ({})", constraint, check.expression_sql));
  }
  if (!table.comment.empty()) {
    out.push_back(
        fmt::format("COMMENT ON TABLE {} IS {}", name.quoted(), quote_literal(table.comment)));
  }
  return out;
}

std::string set_identity_sql(const TableName& name, const std::string& column) {
  return fmt::format(
      "SELECT setval(pg_get_serial_sequence({0}, {1}), greatest(top, 1), top > 0) FROM "
      "(SELECT coalesce(max({2}), 0) AS top FROM {3}) AS highest",
      quote_literal(name.quoted()), quote_literal(column), quote_identifier(column), name.quoted());
}

std::string foreign_key_sql(const TableName& name, const ForeignKey& key,
                            const TableName& referenced) {
  std::string sql = "ALTER TABLE " + name.quoted() + " ADD ";
  if (!key.name.empty()) sql += "CONSTRAINT " + quote_identifier(key.name) + " ";
  sql +=
      fmt::format("FOREIGN KEY ({}) REFERENCES {}", quoted_list(key.columns), referenced.quoted());
  if (!key.target_columns.empty()) sql += " (" + quoted_list(key.target_columns) + ")";
  if (!key.on_delete.empty()) sql += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) sql += " ON UPDATE " + key.on_update;
  if (!key.timing.empty()) sql += " " + key.timing;
  return sql;
}

}  // namespace sluice::postgres
