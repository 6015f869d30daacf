#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "endpoint/iceberg/file_columns.h"

namespace sluice::iceberg {
namespace {

constexpr std::size_t kFilesAtOnce = 256;

struct Line {
  FileNode node;
  std::uint64_t parts = 0;
};

// A schema's lines stand depth first, each before its parts.
FileNode take_node(const std::vector<Line>& lines, std::size_t& next) {
  if (next >= lines.size()) return {};
  const Line& line = lines[next++];
  FileNode out = line.node;
  for (std::uint64_t i = 0; i < line.parts && next < lines.size(); ++i) {
    out.parts.push_back(take_node(lines, next));
  }
  return out;
}

Line line_of(const TextRow& row) {
  Line line;
  line.node.name = row.at(1).value_or("");
  if (row.at(2)) line.node.id = std::stoll(*row.at(2));
  line.parts = std::stoull(row.at(3).value_or("0"));
  line.node.engine_type = row.at(4).value_or("");
  line.node.is_repeated = row.at(5).value_or("") == "true";
  return line;
}

void give_ids_below(std::vector<FileNode>& nodes, const NameMapping& mapping,
                    std::vector<std::string>& path) {
  for (FileNode& node : nodes) {
    path.push_back(node.name);
    const MappedField* const mapped = find_mapped(mapping, path);
    if (mapped != nullptr && mapped->id) node.id = *mapped->id;
    if (node.is_repeated && node.parts.size() == 1) {  // that group has no name in a mapping
      std::vector<FileNode>& parts = node.parts[0].parts;
      // Other writers call an element "item" or "array".
      if (parts.size() == 1) {
        path.emplace_back("element");
        const MappedField* const element = find_mapped(mapping, path);
        if (element != nullptr && element->id) parts[0].id = *element->id;
        give_ids_below(parts[0].parts, mapping, path);
        path.pop_back();
      } else {
        give_ids_below(parts, mapping, path);
      }
    } else {
      give_ids_below(node.parts, mapping, path);
    }
    path.pop_back();
  }
}

}  // namespace

Result<std::map<std::string, std::vector<FileNode>>> read_nodes(
    EngineConnection& connection, const std::vector<std::string>& paths) {
  std::map<std::string, std::vector<Line>> lines;
  for (std::size_t at = 0; at < paths.size(); at += kFilesAtOnce) {
    std::vector<std::string> literals;
    for (std::size_t i = at; i < std::min(paths.size(), at + kFilesAtOnce); ++i) {
      literals.push_back(quote_literal(paths[i]));
    }
    TRY_ASSIGN(const auto rows,
               connection.rows("SELECT file_name, name, field_id, coalesce(num_children, 0), "
                               "duckdb_type, coalesce(converted_type, '') IN ('LIST', 'MAP', "
                               "'MAP_KEY_VALUE') OR coalesce(logical_type, '') IN ('ListType()', "
                               "'MapType()') FROM parquet_schema([" +
                               join(literals, ", ") + "]) ORDER BY file_name, column_id"));
    for (const TextRow& row : rows) lines[row.at(0).value_or("")].push_back(line_of(row));
  }
  std::map<std::string, std::vector<FileNode>> out;
  for (const auto& [path, schema] : lines) {
    std::size_t next = 0;
    out[path] = take_node(schema, next).parts;
  }
  return out;
}

bool has_ids(const std::vector<FileNode>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [](const FileNode& node) {
    return node.id.has_value() || has_ids(node.parts);
  });
}

Status check_names(const std::vector<FileNode>& nodes) {
  std::set<std::string> folded;
  for (const FileNode& node : nodes) {
    if (folded.insert(to_lower(node.name)).second) continue;
    return fail(
        ErrorKind::kUnsupported,
        fmt::format("a file has two columns \"{}\" whose names differ in case alone", node.name));
  }
  return {};
}

void give_mapped_ids(std::vector<FileNode>& nodes, const NameMapping& mapping) {
  std::vector<std::string> path;
  give_ids_below(nodes, mapping, path);
}

}  // namespace sluice::iceberg
