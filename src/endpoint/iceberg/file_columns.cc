#include "endpoint/iceberg/file_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

const FileNode* find_id(const std::vector<FileNode>& nodes, std::int64_t id) {
  const auto at =
      std::find_if(nodes.begin(), nodes.end(), [&](const FileNode& node) { return node.id == id; });
  return at == nodes.end() ? nullptr : &*at;
}

// A group of a file of which no part is wanted still has to be read, to know where it is NULL.
Result<std::string> any_part(const FileNode& node) {
  for (const FileNode& part : node.parts) {
    if (!part.engine_type.empty()) {
      return fmt::format("{} {}", quote_identifier(part.name), part.engine_type);
    }
  }
  return fail(ErrorKind::kUnsupported,
              fmt::format("of \"{}\" the file has other parts than the table", node.name));
}

Result<FileColumn> find_struct(const Column& column, const FileNode& node) {
  TRY(check_names(node.parts));
  FileColumn out{true, node.name, {}, ""};
  bool any = false;
  for (const Column& part : column.type.parts) {
    TRY_ASSIGN(FileColumn found, find_in_file(part, node.parts));
    any = any || found.is_there;
    out.parts.push_back(std::move(found));
  }
  if (!any) {
    TRY_ASSIGN(out.other_part, any_part(node));
  }
  return out;
}

// Lists and maps have a repeated group between them and their parts (Parquet, "Nested Types").
Result<FileColumn> find_parts(const Column& column, const FileNode& node) {
  if (!column.type.is_nested()) return FileColumn{true, node.name, {}, ""};
  if (column.type.id == TypeId::kStruct) return find_struct(column, node);
  const bool has_layout =
      node.parts.size() == 1 && node.parts[0].parts.size() == column.type.parts.size();
  if (!has_layout) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("column \"{}\" is not written in three levels, as lists and maps are",
                            column.name));
  }
  FileColumn out{true, node.name, {}, ""};
  for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
    TRY_ASSIGN(FileColumn found, find_parts(column.type.parts[i], node.parts[0].parts[i]));
    out.parts.push_back(std::move(found));
  }
  return out;
}

// A parameter name that no operand holds yet.
std::string parameter_at(int depth) { return fmt::format("x{}", depth); }

bool is_same(const Column& column, const FileColumn& found) {
  if (!found.is_there) return false;
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    const Column& part = column.type.parts[i];
    if (!is_same(part, found.parts[i])) return false;
    const bool has_name = column.type.id == TypeId::kStruct;
    if (has_name && part.name != found.parts[i].name) return false;
  }
  return true;
}

Result<std::string> convert(const Column& column, const FileColumn& found,
                            const std::string& operand, int depth);

Result<std::string> convert_struct(const Column& column, const FileColumn& found,
                                   const std::string& operand, int depth) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
    const Column& part = column.type.parts[i];
    std::string sql;
    if (!found.parts[i].is_there) {
      TRY_ASSIGN(sql, missing_value(part));
    } else {
      const std::string inner =
          fmt::format("struct_extract({}, {})", operand, quote_literal(found.parts[i].name));
      TRY_ASSIGN(sql, convert(part, found.parts[i], inner, depth));
    }
    fields.push_back(fmt::format("{} := {}", quote_identifier(part.name), sql));
  }
  return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE struct_pack({}) END", operand,
                     join(fields, ", "));
}

Result<std::string> convert(const Column& column, const FileColumn& found,
                            const std::string& operand, int depth) {
  if (is_same(column, found)) return operand;
  const std::string parameter = parameter_at(depth);
  const std::vector<Column>& parts = column.type.parts;
  if (column.type.id == TypeId::kStruct) return convert_struct(column, found, operand, depth);
  if (column.type.id == TypeId::kList) {
    TRY_ASSIGN(const std::string element, convert(parts[0], found.parts[0], parameter, depth + 1));
    return fmt::format("list_transform({}, lambda {}: {})", operand, parameter, element);
  }
  TRY_ASSIGN(const std::string key,
             convert(parts[0], found.parts[0], parameter + ".key", depth + 1));
  TRY_ASSIGN(const std::string value,
             convert(parts[1], found.parts[1], parameter + ".value", depth + 1));
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({0}), "
      "lambda {1}: struct_pack(k := {2}, v := {3}))) END",
      operand, parameter, key, value);
}

Result<std::string> struct_type(const Column& column, const FileColumn& found) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
    if (!found.parts[i].is_there) continue;
    TRY_ASSIGN(const std::string type, physical_type(column.type.parts[i], found.parts[i]));
    fields.push_back(quote_identifier(found.parts[i].name) + " " + type);
  }
  if (fields.empty()) fields.push_back(found.other_part);
  return "STRUCT(" + join(fields, ", ") + ")";
}

}  // namespace

Result<FileColumn> find_in_file(const Column& column, const std::vector<FileNode>& nodes) {
  const FileNode* const node = find_id(nodes, column.id);
  return node == nullptr ? FileColumn() : find_parts(column, *node);
}

Result<std::string> physical_type(const Column& column, const FileColumn& found) {
  if (!column.type.is_nested()) return engine_type_sql(type_of(column.type));
  if (column.type.id == TypeId::kStruct) return struct_type(column, found);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
    TRY_ASSIGN(std::string part, physical_type(column.type.parts[i], found.parts[i]));
    parts.push_back(std::move(part));
  }
  return column.type.id == TypeId::kList ? parts[0] + "[]" : "MAP(" + join(parts, ", ") + ")";
}

Result<std::string> missing_value(const Column& column) {
  if (column.initial_default && !column.initial_default->is_null()) {
    TRY_ASSIGN(const Value value, from_json(column.type, *column.initial_default));
    return literal(column.type, value);
  }
  if (column.required) {
    return fail(ErrorKind::kCorrupt,
                fmt::format("column \"{}\" is required, has no initial default, and is not in the "
                            "file",
                            column.name));
  }
  TRY_ASSIGN(const std::string type, engine_type_sql(type_of(column.type)));
  return fmt::format("CAST(NULL AS {})", type);
}

Result<std::string> logical_value(const Column& column, const FileColumn& found,
                                  const std::string& operand) {
  return convert(column, found, operand, 0);
}

std::string shape_key(const FileColumn& found, bool has_ids) {
  if (!found.is_there) return "-";
  std::string out = (has_ids ? "" : quote_identifier(found.name)) + found.other_part;
  for (const FileColumn& part : found.parts) out += "(" + shape_key(part, false) + ")";
  return out;
}

}  // namespace sluice::iceberg
