// The store of a place as it is typed: a folder, or s3://BUCKET/PREFIX.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "model/s3_settings.h"
#include "store/store.h"

namespace sluice {

// `settings` count for S3 alone; `cancel` (may be null) ends what is under way.
// Errors: kInvalid for a place that is none, kDenied where there are no keys for S3. Nothing is
// asked of a server, and a folder need not be there.
Result<std::shared_ptr<Store>> open_store(const std::string& place, const S3Settings& settings,
                                          const CancelToken* cancel);

}  // namespace sluice
