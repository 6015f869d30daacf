// The digest of everything that one side holds, read in parallel.
#pragma once

#include <string>
#include <vector>

#include "model/digest.h"
#include "verify/scan.h"

namespace sluice {

// Every row is read: nothing is taken from a system's own counts or statistics.
Result<Digest> table_digest(Engine& engine, const CompareSide& side, const ScanOptions& options);
Result<Digest> prepared_digest(Engine& engine, const PreparedSide& side,
                               const ScanOptions& options);

// Of `table.columns`, in their order and types.
using DigestOptions = ScanOptions;
Result<Digest> table_digest(Engine& engine, ReadSession& session, const Table& table, ReadPath path,
                            const DigestOptions& options);

struct WantedColumn {
  std::string name;  // in `table`
  Type type;
};

// A side that reads `table` in the order and the types of `wanted`, so that its digest can be
// compared with one taken of such values: what a run reads back from its target.
// Errors: kNotFound for a column that is not there.
Result<CompareSide> read_back_side(ReadSession& session, const Table& table,
                                   const std::vector<WantedColumn>& wanted, ReadPath path);

}  // namespace sluice
