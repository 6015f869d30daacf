// Parquet checkpoints of a Delta table, and the sidecars of V2 ones, read by the engine
// (specification, "Checkpoint Schema").
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "format/delta/actions.h"

namespace sluice {

// Calls `take` with the actions of all files, some thousands at a time, until it fails. Errors:
// kCorrupt where a file is no checkpoint.
Status read_checkpoint(Engine& engine, const std::vector<std::filesystem::path>& files,
                       const std::function<Status(delta::Actions)>& take);

}  // namespace sluice
