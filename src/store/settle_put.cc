#include "store/settle_put.h"

#include <fmt/format.h>

#include <utility>

namespace sluice {
namespace {

enum class Found { kOurs, kAnother, kNothing };

// Head before read: between the two the object can only become a later one, which is not ours.
struct Asked {
  Found found = Found::kNothing;
  std::string etag;
};

Result<Asked> ask(Store& store, const std::string& key, std::string_view bytes) {
  const auto info = store.head(key);
  if (!info && info.error().kind == ErrorKind::kNotFound) return Asked{};
  if (!info) return fail(info.error());
  if (info->size != bytes.size()) return Asked{Found::kAnother, info->etag};
  const auto there = store.read_range(key, {0, info->size, info->etag});
  if (!there && there.error().kind == ErrorKind::kConflict) return Asked{Found::kAnother, ""};
  if (!there) return fail(there.error());
  return Asked{*there == bytes ? Found::kOurs : Found::kAnother, info->etag};
}

// Whoever wrote this may have done so over ours, or over what ours was to replace.
ConditionalPut overwritten(const Store& store, const std::string& key) {
  const std::string address = store.address(key);
  return {PutOutcome::kUnknown, "",
          Error(ErrorKind::kConflict,
                fmt::format("the answer to writing \"{}\" was missed, and another writer has "
                            "written it since",
                            address))
              .about(address)};
}

}  // namespace

Result<ConditionalPut> settle_put(Store& store, const std::string& key, std::string_view bytes,
                                  const PutCondition& condition, const RetryPolicy& policy) {
  bool missed = false;  // an answer to a put of ours
  for (int tries = 1;; ++tries) {
    auto put = store.put_if(key, bytes, condition);
    // A refusal says nothing of a put before it, which may have landed.
    if (!put && !missed) return put;
    if (put && put->outcome == PutOutcome::kWritten) return put;
    if (put && put->outcome == PutOutcome::kLost && !missed) return put;
    missed = true;
    const auto asked = ask(store, key, bytes);
    if (asked && asked->found == Found::kOurs) {
      return ConditionalPut{PutOutcome::kWritten, asked->etag, {}};
    }
    // The one that the condition names is still there, so ours may still come; a second put of it
    // is harmless, since one of the two loses.
    const bool open = asked && (condition.if_match.empty() ? asked->found == Found::kNothing
                                                           : asked->found == Found::kAnother &&
                                                                 asked->etag == condition.if_match);
    if (asked && !open && condition.if_match.empty()) {
      return ConditionalPut{PutOutcome::kLost, "", {}};
    }
    if (asked && !open) return overwritten(store, key);
    if (!wait_for_retry(policy, tries, 0)) {
      Error cause = !asked ? asked.error()
                    : put  ? put->cause.value_or(Error(ErrorKind::kTransient, "no answer came"))
                           : std::move(put.error());
      return ConditionalPut{PutOutcome::kUnknown, "", std::move(cause)};
    }
  }
}

}  // namespace sluice
