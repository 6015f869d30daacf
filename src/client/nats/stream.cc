#include "client/nats/stream.h"

#include <fmt/format.h>

#include "client/nats/classify.h"

namespace sluice::nats {
namespace {

using Nanoseconds = std::chrono::nanoseconds;
using StreamInfo = UniqueHandle<jsStreamInfo*, jsStreamInfo_Destroy>;
using ConsumerInfo = UniqueHandle<jsConsumerInfo*, jsConsumerInfo_Destroy>;

std::int64_t nanoseconds(auto duration) {
  return std::chrono::duration_cast<Nanoseconds>(duration).count();
}

// nats.c says "not found" without JetStream's own code in some of its versions.
Error asked_error(natsStatus status, jsErrCode code, const std::string& doing,
                  const std::string& object) {
  return nats_error(status, code, doing).about(object);
}

StreamState state_of(const jsStreamInfo& info) {
  StreamState out;
  out.name = info.Config->Name;
  for (int i = 0; i < info.Config->SubjectsLen; ++i) {
    out.subjects.emplace_back(info.Config->Subjects[i]);
  }
  out.created = info.Created;
  out.is_work_queue = info.Config->Retention == js_WorkQueuePolicy;
  out.replicas = static_cast<int>(info.Config->Replicas);
  out.messages = info.State.Msgs;
  out.bytes = info.State.Bytes;
  out.first = info.State.FirstSeq;
  out.last = info.State.LastSeq;
  return out;
}

ConsumerState state_of(const jsConsumerInfo& info) {
  ConsumerState out;
  out.filter = info.Config->FilterSubject == nullptr ? "" : info.Config->FilterSubject;
  out.pending = info.NumPending;
  out.ack_pending = static_cast<std::uint64_t>(info.NumAckPending);
  out.redelivered = static_cast<std::uint64_t>(info.NumRedelivered);
  out.delivered = info.Delivered.Stream;
  out.ack_floor = info.AckFloor.Stream;
  out.deliveries_max = info.Config->MaxDeliver;
  return out;
}

Status check_kind(const jsConsumerInfo& info) {
  const bool pushes =
      info.Config->DeliverSubject != nullptr && *info.Config->DeliverSubject != '\0';
  if (!pushes && info.Config->AckPolicy == js_AckExplicit) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("consumer {} of stream {} {}", info.Name, info.Stream,
                                pushes ? "pushes its messages"
                                       : "takes no acknowledgement of each message"))
                  .about(info.Name)
                  .advise("give --durable another name, and a consumer is made that does"));
}

}  // namespace

Result<StreamState> stream_state(Connection& connection, const std::string& name) {
  StreamInfo info;
  jsErrCode code = {};
  const natsStatus status =
      js_GetStreamInfo(info.out(), connection.jetstream(), name.c_str(), nullptr, &code);
  if (status == NATS_OK) return state_of(*info.get());
  return fail(asked_error(status, code, "look at stream " + name, name));
}

Result<StreamState> make_stream(Connection& connection, const StreamWish& wish) {
  auto there = stream_state(connection, wish.name);
  if (there || there.error().kind != ErrorKind::kNotFound) return there;
  if (wish.subjects.empty()) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no stream {}", wish.name))
                    .about(wish.name)
                    .advise("give --subject, and it is made"));
  }
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  std::vector<const char*> subjects;
  for (const std::string& subject : wish.subjects) subjects.push_back(subject.c_str());
  config.Name = wish.name.c_str();
  config.Subjects = subjects.data();
  config.SubjectsLen = static_cast<int>(subjects.size());
  config.Retention = js_WorkQueuePolicy;
  config.Storage = js_FileStorage;
  config.Discard = js_DiscardOld;
  config.MaxAge = nanoseconds(wish.max_age);
  config.Replicas = wish.replicas;
  StreamInfo info;
  jsErrCode code = {};
  const natsStatus status =
      js_AddStream(info.out(), connection.jetstream(), &config, nullptr, &code);
  if (status == NATS_OK) return state_of(*info.get());
  return fail(asked_error(status, code, "make stream " + wish.name, wish.name));
}

Result<ConsumerState> consumer_state(Connection& connection, const std::string& stream,
                                     const std::string& durable) {
  ConsumerInfo info;
  jsErrCode code = {};
  const natsStatus status = js_GetConsumerInfo(info.out(), connection.jetstream(), stream.c_str(),
                                               durable.c_str(), nullptr, &code);
  if (status == NATS_OK) {
    TRY(check_kind(*info.get()));
    return state_of(*info.get());
  }
  return fail(asked_error(
      status, code, fmt::format("look at consumer {} of stream {}", durable, stream), durable));
}

Result<ConsumerState> make_consumer(Connection& connection, const ConsumerWish& wish) {
  auto there = consumer_state(connection, wish.stream, wish.durable);
  if (there || there.error().kind != ErrorKind::kNotFound) return there;
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = wish.durable.c_str();
  config.AckPolicy = js_AckExplicit;
  config.DeliverPolicy = js_DeliverAll;
  config.AckWait = nanoseconds(wish.ack_wait);
  config.MaxDeliver = wish.deliveries_max;
  config.MaxAckPending = wish.ack_pending_max;
  if (!wish.filter.empty()) config.FilterSubject = wish.filter.c_str();
  ConsumerInfo info;
  jsErrCode code = {};
  const natsStatus status = js_AddConsumer(info.out(), connection.jetstream(), wish.stream.c_str(),
                                           &config, nullptr, &code);
  if (status == NATS_OK) return state_of(*info.get());
  return fail(asked_error(status, code,
                          fmt::format("make consumer {} of stream {}", wish.durable, wish.stream),
                          wish.durable));
}

}  // namespace sluice::nats
