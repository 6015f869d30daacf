#include "endpoint/ducklake/column_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

const LakeColumn* find(const std::vector<LakeColumn>& columns, Id id) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const LakeColumn& column) { return column.row.id == id; });
  return at == columns.end() ? nullptr : &*at;
}

bool same_column(const LakeColumn& before, const LakeColumn& now) {
  return before.type == now.type && before.parts.size() == now.parts.size() &&
         std::equal(before.parts.begin(), before.parts.end(), now.parts.begin(),
                    [](const LakeColumn& a, const LakeColumn& b) {
                      return a.row.id == b.row.id && a.row.name == b.row.name && same_column(a, b);
                    });
}

// A parameter name that no operand holds yet.
std::string parameter_at(int depth) { return fmt::format("x{}", depth); }

Result<std::string> convert(const LakeColumn& before, const LakeColumn& now,
                            const std::string& operand, int depth);

Result<std::string> convert_struct(const LakeColumn& before, const LakeColumn& now,
                                   const std::string& operand, int depth) {
  std::vector<std::string> fields;
  for (const LakeColumn& field : now.parts) {
    const LakeColumn* const old = find(before.parts, field.row.id);
    std::string sql;
    if (old == nullptr) {
      TRY_ASSIGN(sql, missing_column(field));
    } else {
      TRY_ASSIGN(
          sql, convert(*old, field,
                       fmt::format("struct_extract({}, {})", operand, quote_literal(old->row.name)),
                       depth));
    }
    fields.push_back(fmt::format("{} := {}", quote_identifier(field.row.name), sql));
  }
  return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE struct_pack({}) END", operand,
                     join(fields, ", "));
}

Result<std::string> convert(const LakeColumn& before, const LakeColumn& now,
                            const std::string& operand, int depth) {
  if (same_column(before, now)) return operand;
  const bool same_kind = before.type.kind == now.type.kind;
  const std::string parameter = parameter_at(depth);
  if (same_kind && now.type.kind == TypeKind::kStruct) {
    return convert_struct(before, now, operand, depth);
  }
  if (same_kind && now.type.kind == TypeKind::kList) {
    TRY_ASSIGN(const std::string element,
               convert(before.parts.at(0), now.parts.at(0), parameter, depth + 1));
    return fmt::format("list_transform({}, lambda {}: {})", operand, parameter, element);
  }
  if (same_kind && now.type.kind == TypeKind::kMap) {
    TRY_ASSIGN(const std::string key,
               convert(before.parts.at(0), now.parts.at(0), parameter + ".key", depth + 1));
    TRY_ASSIGN(const std::string value,
               convert(before.parts.at(1), now.parts.at(1), parameter + ".value", depth + 1));
    return fmt::format(
        "CASE WHEN {0} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({0}), "
        "lambda {1}: struct_pack(k := {2}, v := {3}))) END",
        operand, parameter, key, value);
  }
  TRY_ASSIGN(const std::string type, engine_type_sql(now.type));
  return fmt::format("CAST({} AS {})", operand, type);
}

}  // namespace

Result<std::string> column_from(const LakeColumn& before, const LakeColumn& now,
                                const std::string& operand) {
  return convert(before, now, operand, 0);
}

Result<std::string> missing_column(const LakeColumn& now) {
  TRY_ASSIGN(const std::string type, engine_type_sql(now.type));
  const std::string value =
      now.row.initial_default ? quote_literal(*now.row.initial_default) : "NULL";
  return fmt::format("CAST({} AS {})", value, type);
}

Result<std::vector<std::string>> select_list(const std::vector<LakeColumn>& before,
                                             const std::vector<LakeColumn>& now) {
  std::vector<std::string> items;
  for (const LakeColumn& column : now) {
    const LakeColumn* const old = find(before, column.row.id);
    std::string sql;
    if (old == nullptr) {
      TRY_ASSIGN(sql, missing_column(column));
    } else {
      TRY_ASSIGN(sql, column_from(*old, column, quote_identifier(old->row.name)));
    }
    // Files hold some types as others: seconds as microseconds, 128-bit integers as doubles.
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    items.push_back(
        fmt::format("CAST({} AS {}) AS {}", sql, type, quote_identifier(column.row.name)));
  }
  return items;
}

}  // namespace sluice::ducklake
