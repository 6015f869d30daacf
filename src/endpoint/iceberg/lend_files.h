// Private to endpoint/iceberg: what a REST catalog lends for the files of a run's tables.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "endpoint/iceberg/lake_files.h"
#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

// What was lent for tables that nobody can load yet, by their location: who asks to make such a
// table once more may be lent keys for another place. One of an endpoint, for its sessions.
class LentKeys {
 public:
  void put(const std::string& place, LentFiles lent);
  std::optional<LentFiles> find(const std::string& place);

 private:
  std::mutex mutex_;
  std::map<std::string, LentFiles> lent_;
};

// From now on `files` reaches the files of a table by what the catalog says: of a table that is not
// there yet, by what it said when the table was staged, and to another process what it says to
// somebody who asks to make the table in that place. Where it says nothing of the place, one's own
// keys are left.
Status lend_files(const std::shared_ptr<IcebergCatalog>& catalog, const IcebergName& name,
                  const IcebergTarget& target, LentKeys& known, LakeFiles& files);

}  // namespace sluice::iceberg
