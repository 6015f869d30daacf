// The copy: chunks of all tables on several threads into a target's staging.
//
// A transient failure stops all threads, asks the target's ledger what landed, and goes on with the
// rest: nothing is written twice, and retry is here and nowhere else.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "endpoint/endpoint.h"
#include "plan/plan.h"

namespace sluice {

// Told after a chunk is in the target with its ledger row; calls do not overlap. An error stops the
// copy; the chunk stays landed.
using ChunkCallback = std::function<Status(std::size_t table, const ChunkRange& range,
                                         const ChunkReceipt& receipt, double seconds)>;

struct CopyInput {
  Engine* engine = nullptr;
  ReadSession* source = nullptr;
  WriteSession* target = nullptr;
  const Plan* plan = nullptr;
  int threads = 1;
  const CancelToken* cancel = nullptr;
  std::atomic<std::uint64_t>* rows_done = nullptr;
  ChunkCallback landed;
};

// Copies every chunk of the plan that `done` (by table, then chunk) does not have.
// Returns: what the ledger says at the end, by table.
// Errors: the first one met; everything that landed before stays landed.
Result<std::vector<Landed>> copy_tables(const CopyInput& input, std::vector<Landed> done);

// The relation of a table's chunk, or of the whole table: a --map table has its SELECT.
Result<std::string> source_relation(ReadSession& source, const TablePlan& table,
                                    const ChunkRange* range, ReadPath path);

}  // namespace sluice
