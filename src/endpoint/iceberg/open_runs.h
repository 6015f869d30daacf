// Private to endpoint/iceberg: runs of sluice that were neither forgotten nor rolled back, and what
// they may still need of a table.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"

namespace sluice::iceberg {

// "01JD..." of a file that a run wrote for a table, ".../sluice_01jd...-..." or below a folder of
// such a name, as those of parted tables are; "" of another's.
std::string run_of_file(const std::string& address);

class OpenRuns {
 public:
  OpenRuns(Location location, IcebergCatalogOptions options)
      : location_(std::move(location)), options_(std::move(options)) {}

  // nullopt where the location does not say where runs have what they stage (?warehouse=).
  Result<std::optional<bool>> is_open(const std::string& run);

  // The address of a run's folder; "" where that is not known.
  std::string folder_of(const std::string& run) const;

  struct Needed {
    std::set<std::int64_t> snapshots;  // to which a rollback goes back
    bool is_guess = false;             // some only because nobody knows
  };
  Result<Needed> needed_of(const TableMetadata& metadata);

 private:
  Location location_;
  IcebergCatalogOptions options_;
  std::map<std::string, std::optional<bool>> known_;
};

}  // namespace sluice::iceberg
