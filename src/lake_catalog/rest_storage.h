// What a REST catalog says of the way to a table's files: "AWS Configurations" and "Storage
// Credentials" of its specification.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "format/iceberg/json_fields.h"
#include "model/s3_settings.h"

namespace sluice {

using RestConfig = std::map<std::string, std::string>;

struct LentStorage {
  S3Settings s3;
  bool is_lent = false;  // the keys are the server's
  std::optional<std::int64_t> ends_ms;
};

// Members of `json` that are texts; nothing for what is no object.
RestConfig config_of(const iceberg::Json* json);

// Of the storage-credentials of an answer those whose prefix is the longest that `location` begins
// with, put over `config`.
RestConfig storage_config(const iceberg::Json* credentials, const std::string& location,
                          RestConfig config);

// With keys that are lent, all is as the server says it. With one's own, what one's own settings
// leave open.
LentStorage storage_by(const RestConfig& config, const S3Settings& own);

}  // namespace sluice
