// A lake whose catalog goes to another database while its data files stay where they are: a run
// that copies no row of a file. It leaves, until it is forgotten,
//
//   DATA/.sluice_<run>/ledger.jsonl      with a line {"kind": "move", "source": LOCATION,
//                                        "snapshot": N}
//   DATA/.sluice_<run>/catalog.sqlite    the catalog as it was at that snapshot
//
// The second is what is staged, and verified. Publishing copies it into the target's database in
// one transaction, with one more snapshot that carries the run; both catalogs then name the same
// files.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice::ducklake {

// Whether the ledger is that of such a run.
bool is_move(const FileLedger& ledger);

std::unique_ptr<WriteSession> move_session(LakeRun run);

// What such a run has staged, as a lake to read. `folder`: the run's. Errors: kNotFound.
Result<std::unique_ptr<ReadSession>> read_staged_catalog(const std::filesystem::path& folder,
                                                         Engine& engine);

}  // namespace sluice::ducklake
