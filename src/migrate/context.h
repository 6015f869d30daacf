// What every step of a run works with. The caller owns all of it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "endpoint/endpoint.h"
#include "journal/journal.h"
#include "migrate/ticker.h"
#include "model/location.h"
#include "plan/plan.h"

namespace sluice {

struct RunContext {
  std::string run;  // a ULID
  Engine* engine = nullptr;
  Journal* journal = nullptr;
  Endpoint* source = nullptr;  // null where only the target is needed (publish, rollback, forget)
  Endpoint* target = nullptr;
  Location target_location;
  std::filesystem::path state_folder;
  const CancelToken* cancel = nullptr;
  int threads = 1;
  std::uint64_t memory_bytes = 0;
  Ticker* ticker = nullptr;
};

}  // namespace sluice
