// A JetStream stream and its durable pull consumer: made where they are missing, and looked at.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/nats/connection.h"

namespace sluice::nats {

struct StreamWish {
  std::string name;
  std::vector<std::string> subjects;
  int replicas = 1;
  std::chrono::seconds max_age{7 * 24 * 3600};
};

struct StreamState {
  std::string name;
  std::vector<std::string> subjects;
  // In nanoseconds since 1970: a stream of the same name that was made anew has another one, and
  // counts from 1 again.
  std::int64_t created = 0;
  bool is_work_queue = false;  // a message that was acknowledged is gone
  int replicas = 1;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first = 0;  // of the messages that are there
  std::uint64_t last = 0;   // of all that ever were
};

struct ConsumerWish {
  std::string stream;
  std::string durable;
  std::string filter;  // "": all subjects of the stream
  std::chrono::milliseconds ack_wait{30'000};
  int deliveries_max = 5;
  int ack_pending_max = 0;
};

struct ConsumerState {
  std::string filter;
  std::uint64_t pending = 0;      // not delivered yet
  std::uint64_t ack_pending = 0;  // delivered, neither acknowledged nor due again
  std::uint64_t redelivered = 0;
  std::uint64_t delivered = 0;  // the last sequence of the stream that was
  std::uint64_t ack_floor = 0;  // nothing up to this sequence of the stream is delivered any more
  std::int64_t deliveries_max = 0;
};

// Errors: kNotFound.
Result<StreamState> stream_state(Connection& connection, const std::string& name);
// Work queue, file storage, discard old. One that is there stays as it is.
Result<StreamState> make_stream(Connection& connection, const StreamWish& wish);

// Errors: kNotFound.
Result<ConsumerState> consumer_state(Connection& connection, const std::string& stream,
                                     const std::string& durable);
// One that is there stays as it is. Errors: kUnsupported for one that pushes, or whose messages
// need no acknowledgement of each.
Result<ConsumerState> make_consumer(Connection& connection, const ConsumerWish& wish);

}  // namespace sluice::nats
