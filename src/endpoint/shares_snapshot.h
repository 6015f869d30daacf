// Read sessions whose snapshot another program can read too.
#pragma once

#include <string>

namespace sluice {

class SharesSnapshot {
 public:
  virtual ~SharesSnapshot() = default;
  // What that program is given (pg_dump --snapshot), as long as the session lives.
  virtual const std::string& shared_snapshot() const = 0;
};

}  // namespace sluice
