// Private to endpoint/iceberg: delete files that no row is deleted by any more. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/deleted_rows.h"
#include "endpoint/iceberg/make_snapshot.h"

namespace sluice::iceberg {

// By delete_key(): those of `live` that apply to none of its data files but `removed`, nor to those
// that moved. Of files of position deletes, what `deleted` read of them says which files they name.
Result<std::set<std::string>> idle_deletes(const LiveFiles& live,
                                           const std::set<std::string>& removed,
                                           const std::vector<MovedFile>& moved,
                                           DeletedRows& deleted);

}  // namespace sluice::iceberg
