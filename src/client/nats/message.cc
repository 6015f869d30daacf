#include "client/nats/message.h"

#include <fmt/format.h>

#include "client/nats/classify.h"

namespace sluice::nats {
namespace {

struct MetaDataDestroy {
  static void destroy(jsMsgMetaData* data) { jsMsgMetaData_Destroy(data); }
};
using MetaData = UniqueHandle<jsMsgMetaData*, MetaDataDestroy::destroy>;

// The rest of a batch that was not taken.
class MessageList {
 public:
  ~MessageList() { natsMsgList_Destroy(&list_); }
  MessageList() = default;
  MessageList(const MessageList&) = delete;
  MessageList& operator=(const MessageList&) = delete;
  natsMsgList* out() { return &list_; }
  int size() const { return list_.Count; }
  natsMsg* take(int at) { return std::exchange(list_.Msgs[at], nullptr); }

 private:
  natsMsgList list_ = {};
};

}  // namespace

Result<Message> Message::take(natsMsg* raw) {
  Message out;
  out.handle_ = UniqueHandle<natsMsg*, natsMsg_Destroy>(raw);
  MetaData data;
  const natsStatus status = natsMsg_GetMetaData(data.out(), raw);
  if (status != NATS_OK) return fail(nats_error(status, {}, "read where a message stands"));
  out.sequence_ = data.get()->Sequence.Stream;
  out.deliveries_ = data.get()->NumDelivered;
  out.time_ = data.get()->Timestamp;
  return out;
}

std::string Message::header(const char* name) const {
  const char* value = nullptr;
  const natsStatus status = natsMsgHeader_Get(handle_.get(), name, &value);
  return status == NATS_OK && value != nullptr ? value : "";
}

Status Message::acknowledge() {
  const natsStatus status = natsMsg_Ack(handle_.get(), nullptr);
  if (status == NATS_OK) return {};
  return fail(nats_error(status, {}, fmt::format("acknowledge message {}", sequence_)));
}

Status Message::give_back() {
  const natsStatus status = natsMsg_Nak(handle_.get(), nullptr);
  if (status == NATS_OK) return {};
  return fail(nats_error(status, {}, fmt::format("give back message {}", sequence_)));
}

Result<Puller> Puller::open(Connection& connection, const std::string& stream,
                            const std::string& durable, const std::string& filter) {
  Puller out;
  out.doing_ = fmt::format("fetch from consumer {} of stream {}", durable, stream);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Consumer = durable.c_str();
  options.ManualAck = true;
  jsErrCode code = {};
  natsStatus status = js_PullSubscribe(out.handle_.out(), connection.jetstream(), filter.c_str(),
                                       durable.c_str(), nullptr, &options, &code);
  // What comes was asked for, and is never too much.
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(out.handle_.get(), -1, -1);
  if (status == NATS_OK) return out;
  return fail(nats_error(status, code, out.doing_));
}

Result<std::vector<Message>> Puller::fetch(int count, std::uint64_t bytes_max,
                                           std::chrono::milliseconds wait) {
  jsFetchRequest request;
  jsFetchRequest_Init(&request);
  request.Batch = count;
  request.MaxBytes = static_cast<std::int64_t>(bytes_max);
  request.Expires = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  MessageList list;
  const natsStatus status = natsSubscription_FetchRequest(list.out(), handle_.get(), &request);
  std::vector<Message> out;
  for (int i = 0; i < list.size(); ++i) {
    TRY_ASSIGN(Message message, Message::take(list.take(i)));
    out.push_back(std::move(message));
  }
  if (!out.empty() || status == NATS_OK || status == NATS_TIMEOUT) return out;
  return fail(nats_error(status, {}, doing_));
}

Status remove_stored(Connection& connection, const std::string& stream, std::uint64_t sequence) {
  jsErrCode code = {};
  const natsStatus status =
      js_DeleteMsg(connection.jetstream(), stream.c_str(), sequence, nullptr, &code);
  if (status == NATS_OK || status == NATS_NOT_FOUND || code == JSNoMessageFoundErr) return {};
  return fail(
      nats_error(status, code, fmt::format("remove message {} from stream {}", sequence, stream)));
}

}  // namespace sluice::nats
