// Private to endpoint/duckdb.
#pragma once

#include <memory>
#include <string>

#include "endpoint/duckdb/attachment.h"
#include "endpoint/endpoint.h"

namespace sluice::duckdb {

Result<std::unique_ptr<WriteSession>> write_duckdb(std::shared_ptr<Attachment> attachment,
                                                   const std::string& run, const TargetPlan& plan);

}  // namespace sluice::duckdb
