#include "endpoint/delta/file_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace sluice::delta {
namespace {

constexpr std::size_t kFilesAtOnce = 256;

// A column of a file, or a part of one.
struct Node {
  std::string name;
  std::optional<std::int64_t> id;
  std::vector<Node> parts;
};

struct Line {
  std::string name;
  std::optional<std::int64_t> id;
  std::uint64_t parts = 0;
};

// A schema's lines stand depth first, each before its parts.
Node take_node(const std::vector<Line>& lines, std::size_t& next) {
  Node out;
  if (next >= lines.size()) return out;
  const Line& line = lines[next++];
  out.name = line.name;
  out.id = line.id;
  for (std::uint64_t i = 0; i < line.parts && next < lines.size(); ++i) {
    out.parts.push_back(take_node(lines, next));
  }
  return out;
}

const Node* find_id(const std::vector<Node>& nodes, std::int64_t id) {
  const auto at =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.id == id; });
  return at == nodes.end() ? nullptr : &*at;
}

void name_parts(Field& field, const Node& node);

// Columns that a file has not are NULL: no file has a column of this name.
void name_fields(std::vector<Field>& fields, const std::vector<Node>& nodes) {
  for (Field& field : fields) {
    const Node* const node = find_id(nodes, field.id.value_or(-1));
    field.physical_name =
        node == nullptr ? fmt::format("sluice: no field {}", field.id.value_or(-1)) : node->name;
    if (node != nullptr) name_parts(field, *node);
  }
}

// Lists and maps have a repeated group between them and their parts (Parquet, "Nested Types").
void name_parts(Field& field, const Node& node) {
  if (field.type.kind == TypeKind::kStruct) return name_fields(field.parts, node.parts);
  if (node.parts.size() != 1 || node.parts[0].parts.size() != field.parts.size()) return;
  for (std::size_t i = 0; i < field.parts.size(); ++i) {
    name_parts(field.parts[i], node.parts[0].parts[i]);
  }
}

bool has_ids(const Node& node) {
  return node.id.has_value() || std::any_of(node.parts.begin(), node.parts.end(), has_ids);
}

}  // namespace

Result<std::map<std::string, std::vector<Field>>> columns_by_id(
    const TableState& table, const std::vector<std::string>& paths, EngineConnection& connection) {
  std::map<std::string, std::vector<Line>> lines;
  for (std::size_t at = 0; at < paths.size(); at += kFilesAtOnce) {
    std::vector<std::string> literals;
    for (std::size_t i = at; i < std::min(paths.size(), at + kFilesAtOnce); ++i) {
      literals.push_back(quote_literal(paths[i]));
    }
    TRY_ASSIGN(const auto rows,
               connection.rows("SELECT file_name, name, field_id, coalesce(num_children, 0) FROM "
                               "parquet_schema([" +
                               join(literals, ", ") + "]) ORDER BY file_name, column_id"));
    for (const TextRow& row : rows) {
      Line line;
      line.name = row.at(1).value_or("");
      if (row.at(2)) line.id = std::stoll(*row.at(2));
      line.parts = std::stoull(row.at(3).value_or("0"));
      lines[row.at(0).value_or("")].push_back(std::move(line));
    }
  }
  std::map<std::string, std::vector<Field>> out;
  for (const auto& [path, schema] : lines) {
    std::size_t next = 0;
    const Node root = take_node(schema, next);
    if (!has_ids(root)) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("table \"{}\", data file {}: it has no field ids, by which the "
                                    "table's columns are found (delta.columnMapping.mode id)",
                                    table.name.display(), path))
                      .about(table.name.display())
                      .advise("write the file anew with a program that keeps field ids"));
    }
    std::vector<Field> columns = table.schema.columns;
    name_fields(columns, root.parts);
    out[path] = std::move(columns);
  }
  return out;
}

}  // namespace sluice::delta
