// The verification inside a run: what was staged is read back through another connection and
// compared with what was read from the source.
#pragma once

#include <string>
#include <vector>

#include "migrate/context.h"

namespace sluice {

// The table under which a ReadSession reads what a run staged, or published under the final name.
Table table_as_read(const TargetTable& target, const TableName& name);

// Digests of the final tables, in the plan's order: what rollback compares before it drops them.
// kRead reads them all; kKnown takes what was verified where publication was a mere renaming.
enum class DigestsFrom { kRead, kKnown };
Result<std::vector<Digest>> published_digests(RunContext& context, const Plan& plan,
                                              DigestsFrom from);

// The digest of a plan's rows as the source gives them now: one chunk, or the whole table.
Result<Digest> source_digest(RunContext& context, ReadSession& source, const TablePlan& table,
                             const ChunkRange* range, ReadPath path);

}  // namespace sluice
