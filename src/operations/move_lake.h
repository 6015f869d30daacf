// A migration from one catalog of a lake to another: to a new lake whose files are where the
// source's are. No file is written, the catalog is copied.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "model/inventory.h"
#include "operations/session.h"

namespace sluice {

// Whether the target is to take the source's files over: both are lakes, the target is not there
// yet, and its data_path is the source's, or missing where it has none by default (a catalog on a
// server; it is then set to the source's). Errors: those of opening the source.
Result<bool> plan_catalog_move(const Place& source, Place& target, Engine& engine);

// Errors: kInvalid for choices that a whole catalog leaves none of.
Status check_whole_move(const MigrateOptions& options, const Location& target);

Finding finding_of_move(const Location& source, const Location& target);

// Of a run's options, as the journal has them.
bool is_catalog_move(const std::string& options_json);

}  // namespace sluice
