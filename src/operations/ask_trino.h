// Private to operations/: whether a Trino answers, and which tables it finds in a catalog.
#pragma once

#include <cstdint>
#include <string>

#include "base/cancel.h"
#include "base/result.h"

namespace sluice {

struct TrinoAnswer {
  std::string version;
  std::uint64_t tables = 0;
};

// `url` is http://HOST:PORT or https://HOST:PORT. Errors: kInvalid for another one; kNotFound where
// nothing answers or Trino has no such catalog; kTransient while it starts; kDenied where it asks
// who this is, which is not said here.
Result<TrinoAnswer> ask_trino(const std::string& url, const std::string& catalog,
                              const CancelToken* cancel);

}  // namespace sluice
