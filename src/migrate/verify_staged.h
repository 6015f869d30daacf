// The verification inside a run: what was staged is read back through another connection and
// compared with what was read from the source.
#pragma once

#include <string>
#include <vector>

#include "migrate/context.h"

namespace sluice {

// The table under which a ReadSession reads what a run staged, or published under the final name.
Table table_as_read(const TargetTable& target, const TableName& name);

// Hex digests of the final tables, in the plan's order: what rollback compares before it drops
// them.
Result<std::vector<std::string>> published_digests(RunContext& context, const Plan& plan);

// The digest of a plan's rows as the source gives them now: one chunk, or the whole table.
Result<Digest> source_digest(RunContext& context, ReadSession& source, const TablePlan& table,
                             const ChunkRange* range, ReadPath path);

}  // namespace sluice
