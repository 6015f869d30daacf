// Where the rows of a batch are until they are written, and what became of each. Two kinds: rows
// in memory, and rows in tables of the engine, which spills them to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "engine/engine.h"
#include "ingest/row_source.h"
#include "ingest/row_terms.h"

namespace sluice::ingest {

struct RowCounts {
  std::uint64_t read = 0;
  std::uint64_t rejected = 0;
  std::uint64_t in_batch = 0;
  std::uint64_t in_table = 0;
  std::uint64_t conflicting = 0;

  std::uint64_t inserted() const { return read - rejected - in_batch - in_table; }
};

class RowStore {
 public:
  virtual ~RowStore() = default;

  // Relations with the planned columns and sluice_at, to write after FROM: rows that were not
  // rejected, and those of them that stay.
  virtual std::string all() const = 0;
  virtual std::string staying() const = 0;
  // Those that were dropped, with sluice_in_table and sluice_conflicting too.
  virtual std::string dropped() const = 0;
  // sluice_at, sluice_reason and sluice_raw of the others.
  virtual std::string rejected() const = 0;

  // Takes out what these parts of the source gave, as if it had not been there.
  virtual Status leave_out(const std::set<std::size_t>& parts) = 0;
  // Of rows with one key the first stays. Requires: there is a key.
  virtual Status drop_within() = 0;
  // `hits`: SELECT sluice_at, conflicting of rows that stay and shall not.
  virtual Status drop_hits(const std::string& hits) = 0;
  virtual Result<RowCounts> count() = 0;
};

// Null where the rows are too many, or keys have to be compared by the engine.
// Errors: the source's.
Result<std::unique_ptr<RowStore>> keep_in_memory(Engine& engine, EngineConnection& connection,
                                                 const RowTerms& terms, RowSource& source);

// As the temporary tables sluice_batch, sluice_reject and sluice_drop of the connection.
Result<std::unique_ptr<RowStore>> keep_in_tables(Engine& engine, EngineConnection& connection,
                                                 const RowTerms& terms,
                                                 const std::shared_ptr<RowSource>& source);
// The rows of `select`, which gives columns as RowSource does.
Result<std::unique_ptr<RowStore>> keep_selected(EngineConnection& connection, const RowTerms& terms,
                                                const std::string& select);

}  // namespace sluice::ingest
