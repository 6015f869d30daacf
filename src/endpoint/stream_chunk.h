// Shared by endpoints that take rows one batch at a time (SQLite, PostgreSQL): streams a chunk's
// SELECT, digests every batch, hands it to `write`.
#pragma once

#include <functional>

#include "endpoint/endpoint.h"

namespace sluice {

// `write` returns the bytes that it wrote.
using BatchWrite = std::function<Result<std::uint64_t>(const Batch&)>;

Result<ChunkReceipt> stream_chunk(const ChunkJob& job, EngineConnection& connection,
                                  const BatchWrite& write);

}  // namespace sluice
