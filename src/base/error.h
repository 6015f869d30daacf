// The one error type. Its kind says what the caller must do; exit codes and HTTP statuses follow
// from the kind alone (base/exit_code.h). Errors are classified once, where a vendor's code is
// seen.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sluice {

enum class ErrorKind {
  kInvalid,        // wrong usage, plan or config: the user changes the call
  kNotFound,       // the object or the server is not there
  kExists,         // the target is there already
  kConflict,       // changed or locked by somebody else
  kTransient,      // a retry may succeed
  kDenied,         // credentials or permissions
  kCorrupt,        // the input is damaged
  kUnsupported,    // a feature that sluice does not know, named
  kWouldLoseData,  // refused; the hint has the --accept-loss to type
  kMismatch,       // verification found differences
  kLimit,          // no space, memory or another bound
  kCancelled,      // interrupted; resume continues
  kInternal,       // a bug in sluice
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;      // lower case, what failed, the object's name, both values
  std::string object;       // table, column, file or location; never holds a secret
  std::string vendor_code;  // SQLSTATE, errno name, sqlite code, ...
  std::string hint;         // what to do next, names a command where there is one

  Error(ErrorKind error_kind, std::string text) : kind(error_kind), message(std::move(text)) {}

  Error&& about(std::string name) && {
    object = std::move(name);
    return std::move(*this);
  }
  Error&& code(std::string text) && {
    vendor_code = std::move(text);
    return std::move(*this);
  }
  Error&& advise(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
};

// Stable lower-case name used in JSON: "not_found", "would_lose_data", ...
std::string_view to_string(ErrorKind kind);

// The exit code and HTTP status of a kind: one table for the command line and the service.
int exit_code(ErrorKind kind);
int http_status(ErrorKind kind);

}  // namespace sluice
