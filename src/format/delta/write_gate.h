// Which tables can be written, and how ("Requirements for Writers", "Table Features"). What is not
// known, or would have to be enforced and is not, is refused by its name.
#pragma once

#include <string>

#include "base/result.h"
#include "format/delta/schema.h"

namespace sluice::delta {

inline constexpr int kWriterVersionMax = 7;

enum class WriteKind {
  kAppend,   // files are added
  kReplace,  // all files go, others come
  kMerge,    // files go whose rows come again in others, except some
};

// `schema`: of the table as it is. Errors: kUnsupported; kCorrupt for a protocol that contradicts
// itself.
Status check_can_write(const Protocol& protocol, const Metadata& metadata,
                       const TableSchema& schema, WriteKind kind, const std::string& table);

// Whether files get row numbers of the table ("Row Tracking").
bool assigns_row_ids(const Protocol& protocol, const Metadata& metadata);

}  // namespace sluice::delta
