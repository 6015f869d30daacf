// Changes of a schema that leave every written file readable, because columns are known by their
// ids
// ("Schema Evolution").
#pragma once

#include <cstdint>
#include <string>

#include "format/iceberg/schema.h"

namespace sluice::iceberg {

class SchemaEvolution {
 public:
  // `last_column_id` and `format_version` are the table's.
  SchemaEvolution(Schema schema, std::int32_t last_column_id, int format_version)
      : schema_(std::move(schema)), last_id_(last_column_id), version_(format_version) {}

  // `parent` is a column's full name, empty for the table itself; a list or map means its element
  // or value. Ids within `type` are given. A required column needs an initial default. Errors:
  // kInvalid, kNotFound for a column, kExists for a name, kUnsupported for the version.
  Status add(const std::string& parent, Column column);
  Status drop(const std::string& name);
  Status rename(const std::string& name, const std::string& new_name);
  Status promote(const std::string& name, const ColumnType& type);
  Status make_optional(const std::string& name);

  const Schema& schema() const { return schema_; }
  std::int32_t last_column_id() const { return last_id_; }

 private:
  Result<Column*> find(const std::string& name);

  Schema schema_;
  std::int32_t last_id_;
  int version_;
};

// int to long, float to double, a decimal to more digits; in version 3 also date to a timestamp
// without zone, and unknown to anything.
bool can_promote(const ColumnType& from, const ColumnType& to, int format_version);

// The columns with ids from `last_id` + 1 on, given level by level; `last_id` becomes the last.
void give_ids(std::vector<Column>& columns, std::int32_t& last_id);

}  // namespace sluice::iceberg
