#include "follow/move_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <unordered_set>

#include "base/crash_point.h"
#include "base/file.h"
#include "client/nats/message.h"
#include "client/nats/publisher.h"
#include "client/nats/stream.h"
#include "follow/origin.h"

namespace sluice::follow {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatchMessages = 500;
constexpr std::chrono::milliseconds kPause{250};

class Move {
 public:
  Move(const MoveSetting& setting, const FollowMoveOptions& options)
      : setting_(setting),
        options_(options),
        file_(std::filesystem::absolute(setting.state) / "nats" /
              fmt::format("move-{}.json", options.stream)) {
    report_.source = setting.source.display();
    report_.target = setting.target.display();
    report_.stream = options.stream;
  }

  Status open();
  Status run();
  FollowMoveReport report() { return std::move(report_); }

 private:
  Status look_at_target();
  Status read_progress();
  Status write_progress(std::uint64_t through);
  Result<std::vector<nats::StoredMessage>> read_batch(std::uint64_t begin);
  Status publish(const std::vector<nats::StoredMessage>& batch);
  Status bring(const std::vector<nats::StoredMessage>& batch);
  StreamKey source_key() const { return {options_.stream, source_stream_.created}; }

  const MoveSetting& setting_;
  const FollowMoveOptions& options_;
  std::filesystem::path file_;
  std::optional<nats::Connection> source_;
  std::optional<nats::Connection> target_;
  std::optional<nats::Publisher> publisher_;
  nats::StreamState source_stream_;
  nats::StreamState target_stream_;
  std::uint64_t through_ = 0;      // of the source: all up to it was brought
  std::uint64_t target_seen_ = 0;  // of the target: where what was brought is before
  SequenceSet there_;              // sequences of the source, in the target behind that
  std::unordered_set<std::string> ids_;
  FollowMoveReport report_;
};

Status Move::open() {
  TRY_ASSIGN(source_, nats::Connection::open(setting_.source, options_.wait, setting_.cancel));
  TRY_ASSIGN(source_stream_, nats::stream_state(*source_, options_.stream));
  TRY_ASSIGN(target_, nats::Connection::open(setting_.target, options_.wait, setting_.cancel));
  TRY_ASSIGN(target_stream_, nats::make_stream(*target_, {options_.stream, source_stream_.subjects,
                                                          options_.replicas}));
  if (target_stream_.created == source_stream_.created) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("{} and {} have one and the same stream {}",
                                               report_.source, report_.target, options_.stream))
            .about(options_.stream));
  }
  TRY_ASSIGN(publisher_, nats::Publisher::open(*target_));
  TRY(make_folders(file_.parent_path()));
  TRY(read_progress());
  return look_at_target();
}

// A note of a move between other streams of this name says nothing.
Status Move::read_progress() {
  std::error_code code;
  if (!std::filesystem::exists(file_, code)) return {};
  TRY_ASSIGN(const std::string text, read_file(file_));
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || json.value("source", std::int64_t{0}) != source_stream_.created ||
      json.value("target", std::int64_t{0}) != target_stream_.created) {
    return {};
  }
  through_ = json.value("through", std::uint64_t{0});
  target_seen_ = json.value("seen", std::uint64_t{0});
  return {};
}

Status Move::write_progress(std::uint64_t through) {
  TRY_ASSIGN(const nats::StreamState state, nats::stream_state(*target_, options_.stream));
  through_ = through;
  const Json json = {{"source", source_stream_.created},
                     {"target", target_stream_.created},
                     {"through", through},
                     {"seen", state.last}};
  return write_file_atomically(file_, json.dump() + "\n");
}

// What an interrupted move brought and did not note.
Status Move::look_at_target() {
  std::uint64_t next = target_seen_ + 1;
  while (true) {
    TRY_ASSIGN(const auto message, nats::next_stored(*target_, options_.stream, next, ">"));
    if (!message) return {};
    next = message->sequence + 1;
    const auto origin = parse_origin(message->header(kOriginHeader));
    if (origin && origin->stream == source_key()) there_.add(origin->sequence);
  }
}

Result<std::vector<nats::StoredMessage>> Move::read_batch(std::uint64_t begin) {
  std::vector<nats::StoredMessage> out;
  while (out.size() < kBatchMessages) {
    TRY_ASSIGN(auto message, nats::next_stored(*source_, options_.stream, begin, ">"));
    if (!message) break;
    begin = message->sequence + 1;
    out.push_back(std::move(*message));
  }
  return out;
}

Status Move::publish(const std::vector<nats::StoredMessage>& batch) {
  std::vector<std::string> used;
  for (const nats::StoredMessage& message : batch) {
    if (there_.contains(message.sequence)) continue;
    auto headers = message.headers;
    const std::string origin = origin_text({source_key(), message.sequence, message.time});
    if (message.header(kOriginHeader).empty()) headers.emplace_back(kOriginHeader, origin);
    // An id that stands twice in the source is of two messages, which a stream that remembers its
    // ids for longer would take for one.
    std::string id = message.header(nats::kMessageId);
    const bool is_new =
        !id.empty() && !ids_.contains(id) && std::find(used.begin(), used.end(), id) == used.end();
    if (!is_new) id = origin;
    used.push_back(id);
    TRY(publisher_->publish(message.subject, message.data, headers, id));
  }
  TRY(publisher_->complete());
  ids_.insert(used.begin(), used.end());
  return {};
}

// Servers that do not answer are asked again: what they stored they know by its id.
Status Move::bring(const std::vector<nats::StoredMessage>& batch) {
  const auto deadline = Clock::now() + options_.wait;
  while (true) {
    const Status done = publish(batch);
    if (done || done.error().kind != ErrorKind::kTransient || Clock::now() >= deadline) return done;
    if (setting_.cancel != nullptr) TRY(setting_.cancel->check());
    std::this_thread::sleep_for(kPause);
    TRY_ASSIGN(publisher_, nats::Publisher::open(*target_));
  }
}

Status Move::run() {
  while (true) {
    if (setting_.cancel != nullptr) TRY(setting_.cancel->check());
    TRY_ASSIGN(const auto batch, read_batch(through_ + 1));
    if (batch.empty()) break;
    crash_point();
    TRY(bring(batch));
    crash_point();
    for (const nats::StoredMessage& message : batch) {
      ++(there_.contains(message.sequence) ? report_.there_before : report_.moved);
    }
    TRY(write_progress(batch.back().sequence));
    crash_point();
    if (setting_.rows_done != nullptr) setting_.rows_done->store(report_.moved);
  }
  TRY_ASSIGN(const nats::StreamState state, nats::stream_state(*source_, options_.stream));
  report_.left = state.last > std::max(through_, source_stream_.last) ? state.last - through_ : 0;
  return {};
}

}  // namespace

Result<FollowMoveReport> move_stream(const MoveSetting& setting, const FollowMoveOptions& options) {
  Move move(setting, options);
  TRY(move.open());
  TRY(move.run());
  return move.report();
}

}  // namespace sluice::follow
