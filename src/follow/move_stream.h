// A stream's messages to the stream of that name on other servers: `follow move`.
//
// A message keeps its subject, its headers and its id, and says in a header where it stood
// (origin.h). By that a move that was interrupted finds what it brought, as long as it is there;
// and `follow` leaves out what it had landed from the one stream when it comes from the other. The
// source is not written: its messages stay until they are too old, or somebody removes the stream.
//
//   STATE/nats/move-<stream>.json   how far the move is: what is before was brought, and may have
//                                   been consumed there
#pragma once

#include <atomic>
#include <filesystem>

#include "base/cancel.h"
#include "base/result.h"
#include "client/nats/server_place.h"
#include "report/follow_report.h"
#include "sluice/follow_options.h"

namespace sluice::follow {

struct MoveSetting {
  nats::ServerPlace source;
  nats::ServerPlace target;
  std::filesystem::path state;
  const CancelToken* cancel = nullptr;
  std::atomic<std::uint64_t>* rows_done = nullptr;
};

Result<FollowMoveReport> move_stream(const MoveSetting& setting, const FollowMoveOptions& options);

}  // namespace sluice::follow
