// A stream into a table, as long as it is let:
//
//   fetch -> land (rows, dead letters and the record in one transaction) -> acknowledge
//     ^                                                                        |
//     +------------------------------------------------------------------------+
//
// A message is acknowledged after the target has it. What is killed in between is delivered again,
// and found in the record.
#pragma once

#include <atomic>

#include "base/cancel.h"
#include "client/nats/server_place.h"
#include "follow/embedded_server.h"
#include "follow/follow_target.h"
#include "follow/land_messages.h"
#include "report/follow_report.h"
#include "sluice/follow_options.h"

namespace sluice::follow {

struct FollowSetting {
  nats::ServerPlace servers;
  EmbeddedServer* server = nullptr;  // of sluice's own, to be kept alive; null for others
  FollowTarget* target = nullptr;
  Engine* engine = nullptr;
  const CancelToken* cancel = nullptr;
  std::function<void(const std::string& phase)> phase;
  std::atomic<std::uint64_t>* rows_done = nullptr;
};

// Errors before the first message; later ones stand in the report.
Result<FollowReport> follow(const FollowSetting& setting, const FollowOptions& options);

}  // namespace sluice::follow
