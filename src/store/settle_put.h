// A conditional put to its end: after an answer that was missed the store itself is asked what
// became of it.
#pragma once

#include <string>
#include <string_view>

#include "store/retry.h"
#include "store/store.h"

namespace sluice {

// Requires: nobody else ever writes these same bytes to this key (they hold a run's id or another
// mark of the writer), since an object with them is taken for ours.
// Returns: kUnknown only where the store could not be asked, or never answered; then nothing that
// the object would refer to may be deleted. Errors: nothing was written.
Result<ConditionalPut> settle_put(Store& store, const std::string& key, std::string_view bytes,
                                  const PutCondition& condition, const RetryPolicy& policy);

}  // namespace sluice
