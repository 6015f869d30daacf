#include "client/nats/connection.h"

#include <fmt/format.h>

#include <random>
#include <thread>

#include "client/nats/classify.h"

namespace sluice::nats {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kConnectWait{2'000};
// Each pause before a server is tried again is longer by a part of the jitter, so that not all
// clients come back to a server by the same time.
constexpr milliseconds kReconnectPause{250};
constexpr milliseconds kReconnectJitter{750};
constexpr int kReconnectsWithoutEnd = -1;

using Options = UniqueHandle<natsOptions*, natsOptions_Destroy>;

// Without one nats.c writes to standard error.
void ignore_error(natsConnection*, natsSubscription*, natsStatus, void*) {}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

natsStatus set_login(natsOptions* options, const ServerPlace& place) {
  natsStatus status = NATS_OK;
  if (!place.user.empty()) {
    status = natsOptions_SetUserInfo(options, place.user.c_str(), place.password.reveal().c_str());
  } else if (!place.token.empty()) {
    status = natsOptions_SetToken(options, place.token.reveal().c_str());
  }
  if (status == NATS_OK && !place.credentials.empty()) {
    status = natsOptions_SetUserCredentialsFromFiles(options, place.credentials.c_str(), nullptr);
  }
  return status;
}

natsStatus set_tls(natsOptions* options, const ServerPlace& place) {
  const bool is_wanted = place.tls || !place.ca.empty() || !place.certificate.empty();
  natsStatus status = is_wanted ? natsOptions_SetSecure(options, true) : NATS_OK;
  if (status == NATS_OK && !place.ca.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, place.ca.c_str());
  }
  if (status == NATS_OK && !place.certificate.empty()) {
    status = natsOptions_LoadCertificatesChain(options, place.certificate.c_str(),
                                               or_null(place.key.string()));
  }
  return status;
}

Result<Options> make_options(const ServerPlace& place) {
  Options options;
  natsStatus status = natsOptions_Create(options.out());
  const auto then = [&](natsStatus next) { return status == NATS_OK ? next : status; };
  std::vector<const char*> urls;
  for (const std::string& url : place.urls) urls.push_back(url.c_str());
  natsOptions* const raw = options.get();
  status = then(natsOptions_SetServers(raw, urls.data(), static_cast<int>(urls.size())));
  status = then(natsOptions_SetName(raw, "sluice"));
  status = then(natsOptions_SetTimeout(raw, kConnectWait.count()));
  status = then(natsOptions_SetMaxReconnect(raw, kReconnectsWithoutEnd));
  status = then(natsOptions_SetReconnectWait(raw, kReconnectPause.count()));
  status =
      then(natsOptions_SetReconnectJitter(raw, kReconnectJitter.count(), kReconnectJitter.count()));
  // A request that no server can answer ends now, not after its time.
  status = then(natsOptions_SetFailRequestsOnDisconnect(raw, true));
  status = then(natsOptions_SetErrorHandler(raw, ignore_error, nullptr));
  status = then(set_login(raw, place));
  status = then(set_tls(raw, place));
  if (status == NATS_OK) return options;
  Error error = nats_error(status, {}, "set up the connection to " + place.display());
  error.kind = ErrorKind::kInvalid;
  return fail(std::move(error));
}

bool may_come_back(natsStatus status) {
  return status == NATS_NO_SERVER || status == NATS_TIMEOUT || status == NATS_IO_ERROR ||
         status == NATS_CONNECTION_CLOSED || status == NATS_STALE_CONNECTION;
}

}  // namespace

Result<Connection> Connection::open(const ServerPlace& place, milliseconds wait,
                                    const CancelToken* cancel) {
  TRY_ASSIGN(const Options options, make_options(place));
  const auto deadline = Clock::now() + wait;
  std::minstd_rand random{std::random_device{}()};
  Connection out;
  natsStatus status = NATS_OK;
  while (true) {
    status = natsConnection_Connect(out.handle_.out(), options.get());
    if (status == NATS_OK || !may_come_back(status) || Clock::now() >= deadline) break;
    if (cancel != nullptr) TRY(cancel->check());
    std::this_thread::sleep_for(kReconnectPause + kReconnectJitter * (random() % 1000) / 1000);
  }
  if (status == NATS_OK)
    status = natsConnection_JetStream(out.jetstream_.out(), out.raw(), nullptr);
  if (status == NATS_OK) return out;
  Error error = nats_error(status, {}, "connect to " + place.display());
  if (may_come_back(status)) {
    error.kind = ErrorKind::kNotFound;
    error.hint = "check that a nats-server with JetStream listens there";
  } else if (error.kind == ErrorKind::kDenied) {
    error.hint = "give NATS_USER and NATS_PASSWORD, NATS_TOKEN, --creds FILE or --ca FILE";
  }
  return fail(std::move(error).about(place.display()));
}

Status Connection::flush() {
  const natsStatus status = natsConnection_FlushTimeout(raw(), kAnswerWait.count());
  if (status == NATS_OK) return {};
  return fail(nats_error(status, {}, "send to the NATS server"));
}

}  // namespace sluice::nats
