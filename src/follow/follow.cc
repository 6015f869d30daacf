#include "follow/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/crash_point.h"
#include "client/nats/message.h"
#include "client/nats/stream.h"
#include "follow/origin.h"
#include "ingest/plan_columns.h"

namespace sluice::follow {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBatchBytesMax = 32U << 20;
constexpr int kBatchesPending = 4;
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kPauseMax{5'000};
constexpr milliseconds kPauseStep{50};

// Longer each time, and not by the same for all who wait for one server.
class Pause {
 public:
  // Returns: false where it was interrupted.
  bool take(const CancelToken* cancel) {
    const auto end = Clock::now() + next_ / 2 + next_ * (random_() % 1000) / 1000;
    next_ = std::min(next_ * 2, kPauseMax);
    while (Clock::now() < end) {
      if (cancel != nullptr && cancel->requested()) return false;
      std::this_thread::sleep_for(kPauseStep);
    }
    return true;
  }
  void reset() { next_ = kFirstPause; }

 private:
  milliseconds next_ = kFirstPause;
  std::minstd_rand random_{std::random_device{}()};
};

class Follower {
 public:
  Follower(const FollowSetting& setting, const FollowOptions& options, LandTerms terms)
      : setting_(setting),
        options_(options),
        lander_(*setting.target, *setting.engine, std::move(terms)) {
    report_.servers = setting.servers.display();
    report_.stream = options.stream;
    report_.durable = options.durable;
    report_.table = options.table;
  }

  Status open();
  Status run();
  FollowReport report();

 private:
  Status prepare();
  Status round();
  Status land_and_acknowledge(std::vector<nats::Message> messages);
  Status land(const std::vector<FollowedMessage>& messages);
  Result<bool> look_whether_done();
  Result<std::uint64_t> land_forgotten(const nats::StreamState& stream,
                                       const nats::ConsumerState& consumer);
  StreamKey stream() const { return {options_.stream, created_}; }
  bool cancelled() const { return setting_.cancel != nullptr && setting_.cancel->requested(); }
  void phase(const char* name) {
    if (setting_.phase) setting_.phase(name);
  }

  const FollowSetting& setting_;
  const FollowOptions& options_;
  Lander lander_;
  std::optional<nats::Connection> connection_;
  std::optional<nats::Puller> puller_;
  std::int64_t created_ = 0;  // of the stream
  std::string filter_;
  bool is_done_ = false;
  FollowReport report_;
};

Status Follower::open() {
  phase("connect");
  TRY_ASSIGN(connection_, nats::Connection::open(setting_.servers, options_.wait, setting_.cancel));
  // A cluster that has just begun knows its streams a little later.
  Pause pause;
  const auto deadline = Clock::now() + options_.wait;
  Status prepared = prepare();
  while (!prepared && prepared.error().kind == ErrorKind::kTransient && Clock::now() < deadline &&
         pause.take(setting_.cancel)) {
    prepared = prepare();
  }
  TRY(prepared);
  return setting_.target->open(true);
}

// One subject is a part of the stream; what else the stream has is another consumer's.
std::string filter_of(const nats::StreamState& stream, const std::vector<std::string>& subjects) {
  if (subjects.size() != 1 || stream.subjects == subjects) return "";
  return subjects.front();
}

Status Follower::prepare() {
  TRY_ASSIGN(
      const nats::StreamState stream,
      nats::make_stream(*connection_, {options_.stream, options_.subjects, options_.replicas}));
  created_ = stream.created;
  nats::ConsumerWish wish;
  wish.stream = options_.stream;
  wish.durable = options_.durable;
  wish.filter = filter_of(stream, options_.subjects);
  wish.ack_wait = options_.ack_wait;
  wish.deliveries_max = options_.deliveries_max;
  wish.ack_pending_max = options_.ack_pending_max > 0 ? options_.ack_pending_max
                                                      : options_.batch_messages * kBatchesPending;
  TRY_ASSIGN(const nats::ConsumerState consumer, nats::make_consumer(*connection_, wish));
  filter_ = consumer.filter;
  if (stream.is_work_queue) lander_.forget_before(this->stream(), stream.first);
  TRY_ASSIGN(puller_, nats::Puller::open(*connection_, options_.stream, options_.durable, filter_));
  return {};
}

// A target that cannot be reached is asked again, and its record tells whether a commit of which
// nobody knows came through.
Status Follower::land(const std::vector<FollowedMessage>& messages) {
  Pause pause;
  const auto deadline = Clock::now() + options_.wait;
  Status done = lander_.land(messages);
  // What was open a moment ago and is not there now is about to come back.
  bool was_lost = false;
  while (!done && (done.error().kind == ErrorKind::kTransient ||
                   (was_lost && done.error().kind == ErrorKind::kNotFound))) {
    was_lost = true;
    if (options_.once && Clock::now() >= deadline) return done;
    if (!pause.take(setting_.cancel)) return fail(ErrorKind::kCancelled, "interrupted");
    ++report_.reconnects;
    lander_.forget_table();
    done = setting_.target->open(true);
    if (done) done = lander_.land(messages);
  }
  if (setting_.rows_done != nullptr) setting_.rows_done->store(lander_.counts().inserted);
  return done;
}

Status Follower::land_and_acknowledge(std::vector<nats::Message> messages) {
  std::vector<FollowedMessage> followed;
  for (const nats::Message& message : messages) {
    followed.push_back({{stream(), message.sequence(), message.time()},
                        parse_origin(message.header(kOriginHeader)),
                        message.subject(),
                        message.data()});
  }
  report_.received += messages.size();
  crash_point();
  const Status landed = land(followed);
  // Others get them now, not after the time that an acknowledgement may take.
  if (!landed) {
    for (nats::Message& message : messages) static_cast<void>(message.give_back());
    static_cast<void>(connection_->flush());
    return landed;
  }
  ++report_.batches;
  crash_point();
  // One that does not arrive brings its message again.
  for (nats::Message& message : messages) TRY(message.acknowledge());
  TRY(connection_->flush());
  crash_point();
  return {};
}

// Messages that were delivered as often as they may be without ever having been acknowledged,
// because who had them was killed, come to no consumer any more: they are read from the stream.
Result<std::uint64_t> Follower::land_forgotten(const nats::StreamState& stream,
                                               const nats::ConsumerState& consumer) {
  std::uint64_t found = 0;
  std::uint64_t next = stream.first;
  while (!cancelled()) {
    std::vector<nats::StoredMessage> stored;
    while (stored.size() < static_cast<std::size_t>(options_.batch_messages)) {
      TRY_ASSIGN(auto message, nats::next_stored(*connection_, options_.stream, next, filter_));
      if (!message || message->sequence > consumer.delivered) break;
      next = message->sequence + 1;
      stored.push_back(std::move(*message));
    }
    if (stored.empty()) break;
    std::vector<FollowedMessage> followed;
    for (const nats::StoredMessage& message : stored) {
      followed.push_back({{this->stream(), message.sequence, message.time},
                          parse_origin(message.header(kOriginHeader)),
                          message.subject,
                          message.data});
    }
    TRY(land(followed));
    crash_point();
    for (const nats::StoredMessage& message : stored) {
      TRY(nats::remove_stored(*connection_, options_.stream, message.sequence));
    }
    found += stored.size();
    report_.received += stored.size();
  }
  return found;
}

// Nothing came for a while. Returns: whether nothing is left to come of what the stream has now.
Result<bool> Follower::look_whether_done() {
  TRY_ASSIGN(const nats::StreamState stream, nats::stream_state(*connection_, options_.stream));
  TRY_ASSIGN(const nats::ConsumerState consumer,
             nats::consumer_state(*connection_, options_.stream, options_.durable));
  if (stream.created != created_) {
    TRY(prepare());
    return false;
  }
  if (stream.is_work_queue) lander_.forget_before(this->stream(), stream.first);
  if (consumer.pending > 0 || consumer.ack_pending > 0) return false;
  if (!stream.is_work_queue || stream.messages == 0) return true;
  TRY_ASSIGN(const std::uint64_t found, land_forgotten(stream, consumer));
  return found == 0;
}

Status Follower::round() {
  phase("wait for messages");
  TRY_ASSIGN(auto messages,
             puller_->fetch(options_.batch_messages, kBatchBytesMax, options_.batch_time));
  if (!messages.empty()) {
    phase("write rows");
    return land_and_acknowledge(std::move(messages));
  }
  TRY_ASSIGN(const bool done, look_whether_done());
  is_done_ = done && options_.once;
  return {};
}

// The servers may be away for any time; with --once for as long as it waits.
Status Follower::run() {
  Pause pause;
  auto lost_at = Clock::time_point::max();
  while (!is_done_ && !cancelled()) {
    Status done = round();
    if (done) {
      pause.reset();
      lost_at = Clock::time_point::max();
      continue;
    }
    const ErrorKind kind = done.error().kind;
    if (kind == ErrorKind::kCancelled && cancelled()) break;
    // A stream that is not there may be one whose servers are not all back.
    if (kind != ErrorKind::kTransient && kind != ErrorKind::kNotFound) return done;
    lost_at = std::min(lost_at, Clock::now());
    const bool gives_up = options_.once || kind == ErrorKind::kNotFound;
    if (gives_up && Clock::now() - lost_at >= options_.wait) return done;
    phase("wait for the servers");
    if (!pause.take(setting_.cancel)) break;
    ++report_.reconnects;
    if (setting_.server != nullptr) TRY(setting_.server->revive());
    if (connection_->is_connected()) static_cast<void>(prepare());
  }
  return {};
}

FollowReport Follower::report() {
  const LandCounts& counts = lander_.counts();
  report_.inserted = counts.inserted;
  report_.dropped = counts.dropped;
  report_.redelivered = counts.redelivered;
  report_.dead = counts.dead;
  report_.notes = lander_.notes();
  report_.state = is_done_ ? "done" : "stopped";
  return report_;
}

}  // namespace

Result<FollowReport> follow(const FollowSetting& setting, const FollowOptions& options) {
  const Stopwatch watch;
  LandTerms terms{options.table, options.key, std::nullopt};
  if (!options.map.empty()) {
    TRY_ASSIGN(terms.map, ingest::read_map(options.map));
  }
  Follower follower(setting, options, std::move(terms));
  TRY(follower.open());
  const Status done = follower.run();
  FollowReport report = follower.report();
  report.seconds = watch.seconds();
  if (!done) {
    report.state = "failed";
    report.error = done.error();
  } else if (options.once && report.state != "done") {
    report.error = Error(ErrorKind::kCancelled, "interrupted before all messages were in")
                       .about(options.stream)
                       .advise("run the same command again; what is in is known");
  }
  return report;
}

}  // namespace sluice::follow
