// Result<T> is std::expected with sluice's error. TRY and TRY_ASSIGN are the only two macros.
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace sluice {

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error(kind, std::move(message)));
}

}  // namespace sluice

#define SLUICE_JOIN_INNER(a, b) a##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN_INNER(a, b)

// Returns the error of `expression` (a Status or Result) to the caller.
#define TRY(expression) TRY_INNER(SLUICE_JOIN(try_status_, __COUNTER__), expression)
#define TRY_INNER(name, expression)                                       \
  do {                                                                    \
    if (auto name = (expression); !name) {                                \
      return std::unexpected<::sluice::Error>(std::move(name.error()));   \
    }                                                                     \
  } while (false)

// TRY_ASSIGN(auto x, f()): x is f()'s value, or its error is returned.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_INNER(SLUICE_JOIN(try_result_, __COUNTER__), declaration, expression)
#define TRY_ASSIGN_INNER(name, declaration, expression)                               \
  auto name = (expression);                                                           \
  if (!name) return std::unexpected<::sluice::Error>(std::move(name.error()));        \
  declaration = std::move(*name)
