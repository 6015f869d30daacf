// The digest of a whole table, read in chunks by several threads through one session.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/cancel.h"
#include "endpoint/endpoint.h"

namespace sluice {

struct DigestOptions {
  int threads = 1;
  std::uint64_t chunk_rows = 500'000;
  std::atomic<std::uint64_t>* rows_done = nullptr;  // may be null
  const CancelToken* cancel = nullptr;
};

// Digests `table.columns`, in their order and types. kIndependent reads the table as a whole, on one
// thread of ours. Memory: one batch a thread.
Result<Digest> table_digest(Engine& engine, ReadSession& session, const Table& table, ReadPath path,
                            const DigestOptions& options);

}  // namespace sluice
