// A table's metadata file ("Table Metadata"), versions 1 to 3.
//
// Members that this release does not know are kept and written again. Version 1's single schema and
// spec become the lists that version 2 has.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/iceberg/schema.h"
#include "format/iceberg/transform.h"

namespace sluice::iceberg {

inline constexpr int kFormatVersionMax = 3;
inline constexpr std::int32_t kFirstPartitionId = 1000;
inline constexpr const char* kMainBranch = "main";

struct PartitionField {
  std::vector<std::int32_t> source_ids;  // one, but for transforms of several columns
  std::int32_t field_id = 0;
  std::string name;
  Transform transform;

  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  std::int32_t id = 0;
  std::vector<PartitionField> fields;

  bool operator==(const PartitionSpec&) const = default;
};

struct SortField {
  std::vector<std::int32_t> source_ids;
  Transform transform;
  bool descending = false;
  bool nulls_first = false;

  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  std::int32_t id = 0;  // 0 is the order of none
  std::vector<SortField> fields;

  bool operator==(const SortOrder&) const = default;
};

struct Snapshot {
  std::int64_t id = 0;
  std::optional<std::int64_t> parent_id;
  std::int64_t sequence_number = 0;  // 0 in version 1
  std::int64_t timestamp_ms = 0;
  std::string manifest_list;                   // empty where `manifests` has them
  std::vector<std::string> manifests;          // version 1 may list them here
  std::map<std::string, std::string> summary;  // "operation" among them
  std::optional<std::int32_t> schema_id;
  std::optional<std::int64_t> first_row_id;
  std::optional<std::int64_t> added_rows;
  Json others = Json::object();
};

struct SnapshotRef {
  std::int64_t snapshot_id = 0;
  bool is_tag = false;
  std::optional<std::int32_t> min_snapshots_to_keep;
  std::optional<std::int64_t> max_snapshot_age_ms;
  std::optional<std::int64_t> max_ref_age_ms;

  bool operator==(const SnapshotRef&) const = default;
};

struct SnapshotLogEntry {
  std::int64_t timestamp_ms = 0;
  std::int64_t snapshot_id = 0;
};

struct MetadataLogEntry {
  std::int64_t timestamp_ms = 0;
  std::string metadata_file;
};

struct TableMetadata {
  int format_version = 2;
  std::string table_uuid;
  std::string location;
  std::int64_t last_sequence_number = 0;
  std::int64_t last_updated_ms = 0;
  std::int32_t last_column_id = 0;
  std::vector<Schema> schemas;
  std::int32_t current_schema_id = 0;
  std::vector<PartitionSpec> specs;
  std::int32_t default_spec_id = 0;
  std::int32_t last_partition_id = kFirstPartitionId - 1;
  std::map<std::string, std::string> properties;
  std::optional<std::int64_t> current_snapshot_id;
  std::vector<Snapshot> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::vector<SortOrder> sort_orders;
  std::int32_t default_sort_order_id = 0;
  std::map<std::string, SnapshotRef> refs;  // but main, they may name snapshots that are not there
  Json statistics = Json::array();  // of statistics files, by snapshot; kept as they are
  Json partition_statistics = Json::array();
  std::int64_t next_row_id = 0;  // version 3
  Json others = Json::object();

  const Schema* find_schema(std::int32_t id) const;
  const PartitionSpec* find_spec(std::int32_t id) const;
  const SortOrder* find_sort_order(std::int32_t id) const;
  const Snapshot* find_snapshot(std::int64_t id) const;
  // Of what current_schema_id names; parse_metadata saw that it is there.
  const Schema& schema() const { return *find_schema(current_schema_id); }
  const PartitionSpec& spec() const { return *find_spec(default_spec_id); }
  const Snapshot* current_snapshot() const;
};

// `text` is the file, decompressed; `place` is for messages. Errors: kCorrupt; kUnsupported for a
// version above 3, a table with encryption keys, a type that no version has.
Result<TableMetadata> parse_metadata(std::string_view text, const std::string& place);

// The file's text.
std::string write_metadata(const TableMetadata& metadata);

// The field list of a spec alone, as manifests and version 1 have it.
Json fields_json(const PartitionSpec& spec);
Json to_json(const PartitionSpec& spec);
Json to_json(const SortOrder& order);
Json to_json(const Snapshot& snapshot, int format_version);
Json to_json(const SnapshotRef& ref);
Result<PartitionSpec> parse_spec(const Json& json);
Result<SortOrder> parse_sort_order(const Json& json);
Result<Snapshot> parse_snapshot(const Json& json);
Result<SnapshotRef> parse_ref(const Json& json, const std::string& name);

// The columns of a partition, ids and types as a manifest has them. A field of an unknown transform
// or of a column that is no longer there has the type unknown.
std::vector<Column> partition_columns(const PartitionSpec& spec, const std::vector<Schema>& schemas,
                                      std::int32_t schema_id);

}  // namespace sluice::iceberg
