#include "client/nats/publisher.h"

#include <fmt/format.h>

#include "client/nats/classify.h"
#include "client/nats/message.h"

namespace sluice::nats {
namespace {

constexpr std::int64_t kUnderWayMax = 1'000;
constexpr std::int64_t kCompleteMs = 30'000;
constexpr const char* kDoing = "publish messages";

}  // namespace

void Publisher::note_failure(jsCtx*, jsPubAckErr* error, void* closure) {
  auto* const failures = static_cast<Failures*>(closure);
  failures->code.store(static_cast<int>(error->ErrCode));
  failures->count.fetch_add(1);
}

Result<Publisher> Publisher::open(Connection& connection) {
  Publisher out;
  out.failures_ = std::make_unique<Failures>();
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = kUnderWayMax;
  options.PublishAsync.StallWait = kAnswerWait.count();
  options.PublishAsync.ErrHandler = note_failure;
  options.PublishAsync.ErrHandlerClosure = out.failures_.get();
  const natsStatus status =
      natsConnection_JetStream(out.jetstream_.out(), connection.raw(), &options);
  if (status == NATS_OK) return out;
  return fail(nats_error(status, {}, kDoing));
}

Status Publisher::publish(const std::string& subject, std::string_view data,
                          const std::vector<std::pair<std::string, std::string>>& headers,
                          const std::string& id) {
  UniqueHandle<natsMsg*, natsMsg_Destroy> message;
  natsStatus status = natsMsg_Create(message.out(), subject.c_str(), nullptr, data.data(),
                                     static_cast<int>(data.size()));
  for (const auto& [name, value] : headers) {
    if (name == kMessageId) continue;
    if (status == NATS_OK) {
      status = natsMsgHeader_Add(message.get(), name.c_str(), value.c_str());
    }
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.c_str();
  // nats.c owns the message from then on where it takes it.
  if (status == NATS_OK) {
    status = js_PublishMsgAsync(jetstream_.get(), message.out(), &options);
  }
  if (status == NATS_OK) return {};
  return fail(nats_error(status, {}, kDoing));
}

Status Publisher::complete() {
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = kCompleteMs;
  const natsStatus status = js_PublishAsyncComplete(jetstream_.get(), &options);
  const int failed = failures_->count.exchange(0);
  if (status == NATS_OK && failed == 0) return {};
  if (status != NATS_OK) return fail(nats_error(status, {}, kDoing));
  Error error = nats_error(NATS_ERR, static_cast<jsErrCode>(failures_->code.load()),
                           fmt::format("{}: {} were not stored", kDoing, failed));
  if (failures_->code.load() == 0) error.kind = ErrorKind::kTransient;
  return fail(std::move(error));
}

}  // namespace sluice::nats
