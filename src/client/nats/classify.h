// nats.c's statuses and JetStream's error codes to sluice's kinds of error: the only place that
// knows them.
#pragma once

#include <nats/nats.h>

#include <string>

#include "base/error.h"

namespace sluice::nats {

// `doing` is what failed, "fetch from stream EVENTS". `code` is 0 where JetStream gave none.
Error nats_error(natsStatus status, jsErrCode code, const std::string& doing);

}  // namespace sluice::nats
