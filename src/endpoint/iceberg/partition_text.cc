#include "endpoint/iceberg/partition_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::iceberg {
namespace {

std::string source_names(const TableMetadata& metadata, const PartitionField& field) {
  std::vector<std::string> names;
  for (const std::int32_t id : field.source_ids) {
    const Column* column = find_column(metadata.schema().columns, id);
    for (const Schema& schema : metadata.schemas) {
      if (column == nullptr) column = find_column(schema.columns, id);
    }
    names.push_back(column == nullptr ? fmt::format("column {}", id) : column->name);
  }
  return join(names, ", ");
}

}  // namespace

std::string partition_words(const TableMetadata& metadata) {
  std::vector<std::string> words;
  for (const PartitionField& field : metadata.spec().fields) {
    const std::string names = source_names(metadata, field);
    if (field.transform.kind == TransformKind::kVoid) continue;
    words.push_back(field.transform.kind == TransformKind::kIdentity
                        ? names
                        : fmt::format("{}({})", to_string(field.transform), names));
  }
  return join(words, ", ");
}

std::vector<PartitionText> partition_text(const TableMetadata& metadata, const LiveFile& file) {
  const std::vector<Column> columns =
      partition_columns(*file.spec, metadata.schemas, metadata.current_schema_id);
  std::vector<PartitionText> out;
  for (std::size_t i = 0; i < columns.size() && i < file.data().partition.size(); ++i) {
    const Value& value = file.data().partition[i];
    if (file.spec->fields[i].transform.kind == TransformKind::kVoid) continue;
    std::optional<std::string> text;
    if (!is_null(value)) {
      const Json json = to_json(columns[i].type, value);
      text = json.is_string() ? json.get<std::string>() : json_text(json);
    }
    out.emplace_back(columns[i].name, std::move(text));
  }
  return out;
}

}  // namespace sluice::iceberg
