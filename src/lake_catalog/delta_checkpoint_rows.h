// The rows of a Delta checkpoint that stand for files, which are nearly all of them: columns of the
// engine as actions, without JSON on the way (specification, "Checkpoint Schema").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/delta/actions.h"
#include "model/batch.h"

namespace sluice {

// The columns that file_actions() takes, of the checkpoint's column `action`, "add" or "remove".
// What its type has not is NULL.
std::string file_action_sql(std::string_view action, const Type& type);

// One action of each row of what file_action_sql() selects. Errors, for `file`: kCorrupt where a
// field is missing that each action has.
Result<delta::Actions> file_actions(std::string_view action, const Batch& batch,
                                    const std::string& file);

}  // namespace sluice
