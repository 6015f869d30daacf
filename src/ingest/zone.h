// A time zone: which instant a clock on a wall meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::ingest {

class Zone {
 public:
  // "UTC", "+09:00" or a name of the system's database, "Asia/Tokyo". Errors: kInvalid, naming it.
  // Not thread-safe: a name is looked up through the environment.
  static Result<Zone> named(const std::string& name);

  // The instant, in seconds since 1970, of a wall clock's reading, given as if it were UTC. A
  // reading that the clocks showed twice is the first one; nullopt for one that they skipped.
  std::optional<std::int64_t> instant(std::int64_t local_seconds) const;

 private:
  struct Span {
    std::int64_t begin;  // an instant
    std::int64_t offset_seconds;
  };
  std::vector<Span> spans_;
};

}  // namespace sluice::ingest
