// Messages of a stream: those that a consumer delivers, and those that are read where they are
// stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "client/nats/connection.h"

namespace sluice::nats {

// "" where the message has no such header.
inline constexpr const char* kMessageId = "Nats-Msg-Id";

class Message {
 public:
  // Requires: JetStream delivered it.
  static Result<Message> take(natsMsg* raw);

  std::uint64_t sequence() const { return sequence_; }
  std::uint64_t deliveries() const { return deliveries_; }
  std::int64_t time() const { return time_; }  // ns since 1970 at which the stream got it
  std::string subject() const { return natsMsg_GetSubject(handle_.get()); }
  std::string_view data() const {
    return {natsMsg_GetData(handle_.get()),
            static_cast<std::size_t>(natsMsg_GetDataLength(handle_.get()))};
  }
  std::string header(const char* name) const;
  // Sent with what follows; Connection::flush() makes sure. One that is lost brings the message
  // again.
  Status acknowledge();
  // To be delivered again at once.
  Status give_back();

 private:
  UniqueHandle<natsMsg*, natsMsg_Destroy> handle_;
  std::uint64_t sequence_ = 0;
  std::uint64_t deliveries_ = 0;
  std::int64_t time_ = 0;
};

// What a durable consumer has for us.
class Puller {
 public:
  static Result<Puller> open(Connection& connection, const std::string& stream,
                             const std::string& durable, const std::string& filter);
  // Up to `count` messages of up to `bytes_max` together (one at least), after `wait` as many as
  // came. None where nothing came. Errors: kTransient where no server answers.
  Result<std::vector<Message>> fetch(int count, std::uint64_t bytes_max,
                                     std::chrono::milliseconds wait);

 private:
  UniqueHandle<natsSubscription*, natsSubscription_Destroy> handle_;
  std::string doing_;
};

struct StoredMessage {
  std::uint64_t sequence = 0;
  std::int64_t time = 0;
  std::string subject;
  std::string data;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string header(std::string_view name) const;
};

// The first message from `sequence` on whose subject is `subject`, which may have wildcards.
Result<std::optional<StoredMessage>> next_stored(Connection& connection, const std::string& stream,
                                                 std::uint64_t sequence,
                                                 const std::string& subject);
// One that is not there any more is no error.
Status remove_stored(Connection& connection, const std::string& stream, std::uint64_t sequence);

}  // namespace sluice::nats
