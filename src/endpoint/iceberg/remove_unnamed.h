// Private to endpoint/iceberg.
#pragma once

#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

// Files of the run that its snapshots do not name: a process that was killed wrote them for a
// commit that another one made anew. Requires: the run is published. One that stays is read by
// nobody.
void remove_unnamed(IcebergRun& run);

}  // namespace sluice::iceberg
