#include "endpoint/stream_chunk.h"

namespace sluice {

Result<ChunkReceipt> stream_chunk(const ChunkJob& job, EngineConnection& connection,
                                  const BatchWrite& write) {
  ChunkReceipt receipt;
  TRY(connection.stream(job.select_sql, [&](const Batch& batch) -> Status {
    // The column types of the result are the engine's; the plan's say more (numeric carried as
    // text).
    Batch typed = batch;
    for (std::size_t i = 0; i < typed.columns.size(); ++i) {
      retype(typed.columns[i], job.table->columns[i].type);
    }
    receipt.digest += digest_of(typed);
    TRY_ASSIGN(const std::uint64_t bytes, write(typed));
    receipt.bytes += bytes;
    if (job.rows_done != nullptr) job.rows_done->fetch_add(batch.rows);
    return {};
  }));
  return receipt;
}

}  // namespace sluice
