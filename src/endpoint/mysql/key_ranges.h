// Ranges of a table by the first column of its primary key. The server itself compares, so a range
// is one whatever the column's collation: values that the collation holds equal fall together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "endpoint/mysql/snapshot.h"

namespace sluice::mysql {

struct KeyColumn {
  std::string quoted;
  bool is_integer = false;
  bool is_bytes = false;
};

// Nothing where there is no primary key or its first column cannot be compared with a literal.
std::optional<KeyColumn> range_key(const Relation& relation);

// "" for a range that is open on both sides. `begin` is in, `end` is not.
std::string range_condition(const KeyColumn& key, const std::string& begin, const std::string& end);

// The borders between ranges of about `rows` rows.
Result<std::vector<std::string>> row_borders(Snapshot& snapshot, const TableName& name,
                                             const KeyColumn& key, std::uint64_t rows);

// At most `count` - 1 borders that divide the numbers evenly; none for other keys.
Result<std::vector<std::string>> even_borders(Snapshot& snapshot, const TableName& name,
                                              const KeyColumn& key, std::size_t count);

}  // namespace sluice::mysql
