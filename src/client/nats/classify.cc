#include "client/nats/classify.h"

#include <fmt/format.h>

#include "base/secret.h"

namespace sluice::nats {
namespace {

ErrorKind kind_of_code(jsErrCode code) {
  switch (code) {
    case JSStreamNotFoundErr:
    case JSConsumerNotFoundErr:
    case JSNoMessageFoundErr:
      return ErrorKind::kNotFound;
    case JSClusterNotAvailErr:
    case JSClusterNoPeersErr:
    case JSInsufficientResourcesErr:
    case JSStreamOfflineErr:
    case JSConsumerOfflineErr:
      return ErrorKind::kTransient;
    case JSNotEnabledErr:
    case JSNotEnabledForAccountErr:
    case JSClusterUnSupportFeatureErr:
      return ErrorKind::kUnsupported;
    case JSConsumerNameExistErr:
    case JSStreamNameExistErr:
    case JSConsumerWQMultipleUnfilteredErr:
    case JSConsumerWQConsumerNotUniqueErr:
      return ErrorKind::kConflict;
    default:
      return ErrorKind::kInvalid;
  }
}

ErrorKind kind_of_status(natsStatus status) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SSL_ERROR:
      return ErrorKind::kDenied;
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
    case NATS_ADDRESS_MISSING:
    case NATS_INVALID_SUBJECT:
    case NATS_INVALID_ARG:
    case NATS_MAX_PAYLOAD:
      return ErrorKind::kInvalid;
    case NATS_NOT_FOUND:
      return ErrorKind::kNotFound;
    case NATS_NO_MEMORY:
      return ErrorKind::kLimit;
    case NATS_NO_SERVER_SUPPORT:
      return ErrorKind::kUnsupported;
    default:
      return ErrorKind::kTransient;  // the connection, or a server that is about to come back
  }
}

}  // namespace

Error nats_error(natsStatus status, jsErrCode code, const std::string& doing) {
  natsStatus last = NATS_OK;
  const char* const text = nats_GetLastError(&last);
  std::string why = natsStatus_GetText(status);
  if (last == status && text != nullptr && *text != '\0') why = fmt::format("{} ({})", why, text);
  const int number = static_cast<int>(code);
  return Error(number != 0 ? kind_of_code(code) : kind_of_status(status),
               redact(fmt::format("{}: {}", doing, why)))
      .code(number != 0 ? std::to_string(number)
                        : fmt::format("nats-{}", static_cast<int>(status)));
}

}  // namespace sluice::nats
