// Manifests and manifest lists ("Manifests", "Manifest Lists"): which files a snapshot is made of.
//
// Fields are found by their ids, whatever a writer called them or in which order they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/avro/codec.h"
#include "format/iceberg/metadata.h"
#include "format/iceberg/value.h"

namespace sluice::iceberg {

enum class FileContent : std::uint8_t { kData, kPositionDeletes, kEqualityDeletes };
enum class EntryStatus : std::uint8_t { kExisting, kAdded, kDeleted };
enum class ManifestContent : std::uint8_t { kData, kDeletes };

template <typename T>
using ByColumn = std::vector<std::pair<std::int32_t, T>>;

struct DataFile {
  FileContent content = FileContent::kData;
  std::string path;
  std::string format;            // lower case: "parquet", "puffin", "avro", "orc"
  std::vector<Value> partition;  // in the order of the spec's fields
  std::int64_t record_count = 0;
  std::int64_t file_size = 0;
  ByColumn<std::int64_t> column_sizes;
  ByColumn<std::int64_t> value_counts;
  ByColumn<std::int64_t> null_counts;
  ByColumn<std::int64_t> nan_counts;
  ByColumn<std::string> lower_bounds;
  ByColumn<std::string> upper_bounds;
  std::optional<std::string> key_metadata;
  std::vector<std::int64_t> split_offsets;
  std::vector<std::int32_t> equality_ids;
  std::optional<std::int32_t> sort_order_id;
  std::optional<std::int64_t> first_row_id;
  std::optional<std::string> referenced_data_file;
  std::optional<std::int64_t> content_offset;  // of a deletion vector in its puffin file
  std::optional<std::int64_t> content_size;

  bool is_deletion_vector() const {
    return content == FileContent::kPositionDeletes && format == "puffin";
  }
};

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  std::optional<std::int64_t> snapshot_id;
  std::optional<std::int64_t> sequence_number;  // of the data
  std::optional<std::int64_t> file_sequence_number;
  DataFile file;
};

struct Manifest {
  int format_version = 2;
  ManifestContent content = ManifestContent::kData;
  Schema schema;
  PartitionSpec spec;
  std::vector<ManifestEntry> entries;
};

struct FieldSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower_bound;
  std::optional<std::string> upper_bound;

  bool operator==(const FieldSummary&) const = default;
};

// A line of a manifest list.
struct ManifestFile {
  std::string path;
  std::int64_t length = 0;
  std::int32_t spec_id = 0;
  ManifestContent content = ManifestContent::kData;
  std::int64_t sequence_number = 0;
  std::int64_t min_sequence_number = 0;
  std::int64_t added_snapshot_id = 0;
  std::optional<std::int32_t> added_files;
  std::optional<std::int32_t> existing_files;
  std::optional<std::int32_t> deleted_files;
  std::optional<std::int64_t> added_rows;
  std::optional<std::int64_t> existing_rows;
  std::optional<std::int64_t> deleted_rows;
  std::vector<FieldSummary> partitions;
  std::optional<std::string> key_metadata;
  std::optional<std::int64_t> first_row_id;

  bool operator==(const ManifestFile&) const = default;
};

// Whether the sizes, counts and bounds of columns are read, which are most of a manifest.
enum class Metrics { kRead, kSkip };

// `bytes`: the whole file. Errors: kCorrupt, kUnsupported.
Result<Manifest> read_manifest(std::string_view bytes, const std::string& name,
                               Metrics metrics = Metrics::kRead);
Result<std::vector<ManifestFile>> read_manifest_list(std::string_view bytes,
                                                     const std::string& name);

// The file's bytes. `schemas` has the columns that the spec names. Errors: kInvalid where a
// partition value is not of its column, or the version has no place for what is written.
Result<std::string> write_manifest(const Manifest& manifest, const std::vector<Schema>& schemas,
                                   avro::Codec codec);

struct ManifestListHead {
  int format_version = 2;
  std::int64_t snapshot_id = 0;
  std::optional<std::int64_t> parent_id;
  std::int64_t sequence_number = 0;
  std::optional<std::int64_t> first_row_id;
};
Result<std::string> write_manifest_list(const ManifestListHead& head,
                                        const std::vector<ManifestFile>& manifests,
                                        avro::Codec codec);

// What entries take from the line of the manifest list: snapshot, sequence numbers and, in version
// 3, row ids. Errors: kCorrupt where an entry that has to have a sequence number of its own has
// none.
Status inherit(Manifest& manifest, const ManifestFile& file);

// Counts and partition bounds of a manifest, for its line in the list. Path, length, snapshot and
// sequence numbers are the caller's; entries without a sequence number get the one of `file`.
void summarise(const Manifest& manifest, const std::vector<Schema>& schemas, ManifestFile& file);

// Version 3: gives each data manifest without one a first row id. Returns: the table's next row id.
std::int64_t assign_row_ids(std::vector<ManifestFile>& manifests, std::int64_t next_row_id);

}  // namespace sluice::iceberg
