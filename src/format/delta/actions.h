// The actions of a Delta table's log as data (Delta Transaction Log Protocol, "Actions"). Fields
// that a reader may ignore and that no writer has to carry on are left out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::delta {

using Version = std::int64_t;

// "Deletion Vector Descriptor Schema".
struct DeletionVectorDescriptor {
  char storage = 'u';  // 'u' a file named by a UUID, 'p' an absolute path, 'i' inline
  std::string path_or_inline;
  std::optional<std::int64_t> offset;  // bytes into the file
  std::int64_t bytes = 0;              // of the serialized bitmap, before Z85 where it is inline
  std::int64_t cardinality = 0;        // rows that it deletes

  // What tells two vectors of one data file apart ("Derived Fields", uniqueId).
  std::string unique_id() const;
};

// nullptr: no row of the file is deleted.
using DeletionVectorPtr = std::shared_ptr<const DeletionVectorDescriptor>;

// Physical column name to value, in the log's order; nullopt is NULL, and so is "" (see
// partition_value.h).
using PartitionValues = std::vector<std::pair<std::string, std::optional<std::string>>>;
using StringMap = std::map<std::string, std::string>;

struct AddFile {
  std::string path;  // as the log spells it: percent-encoded (log_path.h)
  PartitionValues partition_values;
  std::int64_t bytes = 0;
  std::int64_t modified_ms = 0;
  bool data_change = true;
  std::string stats;  // JSON as it is in the log (file_stats.h); "" where there is none
  DeletionVectorPtr deletion_vector;
  std::optional<std::int64_t> base_row_id;
  std::optional<Version> default_row_commit_version;
  std::string clustering_provider;
  StringMap tags;
};

struct RemoveFile {
  std::string path;
  std::optional<std::int64_t> deleted_ms;
  bool data_change = true;
  bool extended_metadata = false;  // whether the next two are there
  PartitionValues partition_values;
  std::optional<std::int64_t> bytes;
  std::string stats;  // as of an AddFile
  StringMap tags;
  DeletionVectorPtr deletion_vector;
  std::optional<std::int64_t> base_row_id;
  std::optional<Version> default_row_commit_version;
};

struct Metadata {
  std::string id;  // the table's, a UUID
  std::string name;
  std::string description;
  std::string format_provider = "parquet";
  StringMap format_options;
  std::string schema_string;                   // JSON (schema.h)
  std::vector<std::string> partition_columns;  // display names
  std::optional<std::int64_t> created_ms;
  StringMap configuration;

  // A property of the table; "" where it is not set.
  std::string property(const std::string& key) const;
};

struct Protocol {
  int reader_version = 1;
  int writer_version = 1;
  std::optional<std::vector<std::string>> reader_features;
  std::optional<std::vector<std::string>> writer_features;
};

struct Txn {
  std::string app_id;
  std::int64_t version = 0;
  std::optional<std::int64_t> updated_ms;
};

struct DomainMetadata {
  std::string domain;
  std::string configuration;
  bool removed = false;
};

struct CommitInfo {
  std::optional<std::int64_t> timestamp_ms;
  std::optional<std::int64_t> in_commit_timestamp_ms;
  std::string operation;
  std::string user_name;
  std::string engine_info;
  std::string transaction_id;  // one commit's own: by it its writer knows it again
  StringMap parameters;        // values as JSON where they are no strings
  std::string json;            // all of it, where it was read
};

struct Sidecar {
  std::string path;  // below _delta_log/_sidecars where it is only a name
  std::int64_t bytes = 0;
};

struct CheckpointMetadata {
  Version version = 0;
};

// What one file of the log holds, by kind: within a version the order of actions means nothing
// ("Add File and Remove File").
struct Actions {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<AddFile> adds;
  std::vector<RemoveFile> removes;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
  std::optional<CommitInfo> commit_info;
  std::vector<Sidecar> sidecars;                 // V2 checkpoints only
  std::optional<CheckpointMetadata> checkpoint;  // likewise
};

}  // namespace sluice::delta
