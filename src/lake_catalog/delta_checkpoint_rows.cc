#include "lake_catalog/delta_checkpoint_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace sluice {
namespace {

// What an action is wrong in.
using Fault = const char*;

// By place in file_action_sql().
enum Place : std::size_t {
  kPath,
  kPartitionValues,
  kSize,
  kModified,
  kDeleted,
  kDataChange,
  kExtendedMetadata,
  kTags,
  kBaseRowId,
  kRowCommitVersion,
  kClustering,
  kVectorStorage,
  kVectorPath,
  kVectorOffset,
  kVectorBytes,
  kVectorCardinality,
  kStats
};

struct FieldOfAction {
  std::string_view above;  // the struct that it is in; "" for the action itself
  std::string_view name;
  std::string_view type;
};

constexpr std::array<FieldOfAction, kStats> kFields = {{
    {"", "path", "VARCHAR"},
    {"", "partitionValues", "MAP(VARCHAR, VARCHAR)"},
    {"", "size", "BIGINT"},
    {"", "modificationTime", "BIGINT"},
    {"", "deletionTimestamp", "BIGINT"},
    {"", "dataChange", "BOOLEAN"},
    {"", "extendedFileMetadata", "BOOLEAN"},
    {"", "tags", "MAP(VARCHAR, VARCHAR)"},
    {"", "baseRowId", "BIGINT"},
    {"", "defaultRowCommitVersion", "BIGINT"},
    {"", "clusteringProvider", "VARCHAR"},
    {"deletionVector", "storageType", "VARCHAR"},
    {"deletionVector", "pathOrInlineDv", "VARCHAR"},
    {"deletionVector", "offset", "BIGINT"},
    {"deletionVector", "sizeInBytes", "BIGINT"},
    {"deletionVector", "cardinality", "BIGINT"},
}};

const Type* find_field(const Type& type, std::string_view name) {
  const auto at = std::find(type.labels.begin(), type.labels.end(), name);
  if (at == type.labels.end()) return nullptr;
  return &type.children[static_cast<std::size_t>(at - type.labels.begin())];
}

std::string field_sql(std::string_view action, const Type& type, const FieldOfAction& field) {
  const Type* above = &type;
  std::string path = quote_identifier(action);
  if (!field.above.empty()) {
    above = find_field(type, field.above);
    path += "." + quote_identifier(field.above);
  }
  if (above == nullptr || find_field(*above, field.name) == nullptr) {
    return fmt::format("CAST(NULL AS {})", field.type);
  }
  return fmt::format("CAST({}.{} AS {})", path, quote_identifier(field.name), field.type);
}

// A file's statistics: the text, or the typed ones where there is no other.
std::string stats_sql(std::string_view action, const Type& type) {
  std::vector<std::string> texts;
  const std::string column = quote_identifier(action);
  if (find_field(type, "stats") != nullptr) texts.push_back(column + ".stats");
  if (find_field(type, "stats_parsed") != nullptr) {
    texts.push_back(fmt::format("CAST(to_json({}.stats_parsed) AS VARCHAR)", column));
  }
  return texts.empty() ? "''" : "coalesce(" + join(texts, ", ") + ", '')";
}

// The columns of a batch, one row at a time.
class Row {
 public:
  Row(const Batch& batch, std::size_t row) : columns_(batch.columns), row_(row) {}

  bool has(Place place) const { return !columns_[place].is_null(row_); }
  std::string_view text(Place place) const {
    return has(place) ? columns_[place].at<TextCell>(row_).view() : std::string_view();
  }
  std::optional<std::int64_t> number(Place place) const {
    if (!has(place)) return std::nullopt;
    return columns_[place].at<std::int64_t>(row_);
  }
  bool flag(Place place, bool otherwise) const {
    return has(place) ? columns_[place].at<bool>(row_) : otherwise;
  }
  // `put(key, value)` of each entry; a null value is an empty optional.
  template <typename Put>
  void each_entry(Place place, Put put) const {
    if (!has(place)) return;
    const ColumnView& keys = columns_[place].children[0];
    const ColumnView& values = columns_[place].children[1];
    const auto& cell = columns_[place].at<ListCell>(row_);
    for (std::uint64_t i = cell.offset; i < cell.offset + cell.length; ++i) {
      std::optional<std::string> value;
      if (!values.is_null(i)) value = values.at<TextCell>(i).view();
      put(std::string(keys.at<TextCell>(i).view()), std::move(value));
    }
  }

 private:
  const std::vector<ColumnView>& columns_;
  std::size_t row_;
};

Fault read_deletion_vector(const Row& row, delta::DeletionVectorPtr& out) {
  if (!row.has(kVectorStorage)) return nullptr;
  const std::string_view storage = row.text(kVectorStorage);
  if (storage != "u" && storage != "p" && storage != "i") {
    return "a deletion vector is of a storage type that the specification has not";
  }
  auto vector = std::make_shared<delta::DeletionVectorDescriptor>();
  vector->storage = storage.front();
  vector->path_or_inline = row.text(kVectorPath);
  vector->offset = row.number(kVectorOffset);
  vector->bytes = row.number(kVectorBytes).value_or(0);
  vector->cardinality = row.number(kVectorCardinality).value_or(0);
  out = std::move(vector);
  return nullptr;
}

// What an AddFile and a RemoveFile have both.
template <typename File>
Fault read_file(const Row& row, File& out) {
  out.path = row.text(kPath);
  if (out.path.empty()) return "it has no path";
  row.each_entry(kPartitionValues, [&](std::string key, std::optional<std::string> value) {
    out.partition_values.emplace_back(std::move(key), std::move(value));
  });
  row.each_entry(kTags, [&](std::string key, std::optional<std::string> value) {
    if (value) out.tags[std::move(key)] = *std::move(value);
  });
  out.data_change = row.flag(kDataChange, true);
  out.stats = row.text(kStats);
  out.base_row_id = row.number(kBaseRowId);
  out.default_row_commit_version = row.number(kRowCommitVersion);
  return read_deletion_vector(row, out.deletion_vector);
}

Fault read_add(const Row& row, delta::AddFile& out) {
  if (!row.has(kSize)) return "it has no size";
  out.bytes = *row.number(kSize);
  out.modified_ms = row.number(kModified).value_or(0);
  out.clustering_provider = row.text(kClustering);
  return read_file(row, out);
}

Fault read_remove(const Row& row, delta::RemoveFile& out) {
  out.bytes = row.number(kSize);
  out.deleted_ms = row.number(kDeleted);
  out.extended_metadata = row.flag(kExtendedMetadata, false);
  return read_file(row, out);
}

}  // namespace

std::string file_action_sql(std::string_view action, const Type& type) {
  std::vector<std::string> items;
  for (const FieldOfAction& field : kFields) items.push_back(field_sql(action, type, field));
  items.push_back(stats_sql(action, type));
  return join(items, ", ");
}

Result<delta::Actions> file_actions(std::string_view action, const Batch& batch,
                                    const std::string& file) {
  delta::Actions out;
  action == "add" ? out.adds.reserve(batch.rows) : out.removes.reserve(batch.rows);
  Fault fault = nullptr;
  for (std::size_t at = 0; at < batch.rows && fault == nullptr; ++at) {
    const Row row(batch, at);
    fault = action == "add" ? read_add(row, out.adds.emplace_back())
                            : read_remove(row, out.removes.emplace_back());
  }
  if (fault == nullptr) return out;
  return fail(
      Error(ErrorKind::kCorrupt, fmt::format("checkpoint {}: its {} action {} is wrong: {}", file,
                                             action, out.adds.size() + out.removes.size(), fault))
          .about(file)
          .advise("where the log still has all of its commits, the checkpoint can be moved "
                  "away: it is made of them"));
}

}  // namespace sluice
