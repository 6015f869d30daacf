// A connection to NATS servers. It comes back by itself after a failure, to any of them; what is
// asked meanwhile fails with kTransient.
#pragma once

#include <nats/nats.h>

#include <chrono>

#include "base/cancel.h"
#include "base/result.h"
#include "base/unique_handle.h"
#include "client/nats/server_place.h"

namespace sluice::nats {

class Connection {
 public:
  // Tries for `wait`. Errors: kNotFound where no server answers, kDenied.
  static Result<Connection> open(const ServerPlace& place, std::chrono::milliseconds wait,
                                 const CancelToken* cancel);

  natsConnection* raw() const { return handle_.get(); }
  jsCtx* jetstream() const { return jetstream_.get(); }
  bool is_connected() const { return natsConnection_Status(raw()) == NATS_CONN_STATUS_CONNECTED; }
  // That the servers have what was sent.
  Status flush();

 private:
  UniqueHandle<natsConnection*, natsConnection_Destroy> handle_;
  UniqueHandle<jsCtx*, jsCtx_Destroy> jetstream_;
};

// Asked of a server: how long an answer may take.
inline constexpr std::chrono::milliseconds kAnswerWait{5'000};

}  // namespace sluice::nats
