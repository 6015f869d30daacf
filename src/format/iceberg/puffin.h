// Puffin files (Iceberg's "Puffin file format"): blobs with a footer that says where each is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "format/iceberg/json_fields.h"
#include "format/row_set/row_set.h"

namespace sluice::iceberg {

inline constexpr const char* kDeletionVectorBlob = "deletion-vector-v1";

struct PuffinBlob {
  std::string type;
  std::vector<std::int32_t> fields;
  std::int64_t snapshot_id = -1;
  std::int64_t sequence_number = -1;
  std::int64_t offset = 0;
  std::int64_t length = 0;
  std::string codec;  // "", "zstd"
  std::map<std::string, std::string> properties;
};

struct PuffinFooter {
  std::vector<PuffinBlob> blobs;
  std::map<std::string, std::string> properties;
};

// Errors: kCorrupt, kUnsupported for a compressed footer.
Result<PuffinFooter> read_puffin(std::string_view file, const std::string& name);
// A blob's content, decompressed. Errors: kUnsupported for another codec than zstd.
Result<std::string> read_blob(std::string_view file, const PuffinBlob& blob,
                              const std::string& name);

// `bytes`: from content_offset on, content_size bytes of the puffin file; `cardinality` is the
// manifest entry's record count.
Result<RowSet> read_deletion_vector(std::string_view bytes, std::int64_t cardinality,
                                    const std::string& name);

struct DeletedRowsOf {
  std::string data_file;
  RowSet rows;
};
struct WrittenPuffin {
  std::string bytes;
  std::vector<PuffinBlob> blobs;  // in the order of what was given
};
WrittenPuffin write_deletion_vectors(const std::vector<DeletedRowsOf>& vectors,
                                     const std::string& created_by);

}  // namespace sluice::iceberg
