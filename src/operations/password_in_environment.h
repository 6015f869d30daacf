// Private to operations/: libpq inside of DuckDB's extension takes a password from there.
#pragma once

#include <cstdlib>

#include "model/location.h"

namespace sluice {

// For the time of the check: libpq takes it from the environment, as that of the program will.
class PasswordInEnvironment {
 public:
  explicit PasswordInEnvironment(const Location& location) {
    if (location.password.empty() || std::getenv("PGPASSWORD") != nullptr) return;
    is_set_ = ::setenv("PGPASSWORD", location.password.reveal().c_str(), 1) == 0;
  }
  PasswordInEnvironment(const PasswordInEnvironment&) = delete;
  PasswordInEnvironment& operator=(const PasswordInEnvironment&) = delete;
  ~PasswordInEnvironment() {
    if (is_set_) ::unsetenv("PGPASSWORD");
  }

 private:
  bool is_set_ = false;
};

}  // namespace sluice
