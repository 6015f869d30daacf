// Private to endpoint/duckdb.
#pragma once

#include <memory>

#include "endpoint/duckdb/attachment.h"
#include "endpoint/endpoint.h"

namespace sluice::duckdb {

Result<std::unique_ptr<ReadSession>> read_duckdb(std::shared_ptr<Attachment> attachment);

}  // namespace sluice::duckdb
