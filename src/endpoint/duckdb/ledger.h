// Private to endpoint/duckdb: what a run knows about itself, in the target, written in the same
// transactions as what it describes. One table, main."sluice_<run>_ledger":
//
//   kind      object              chunk  rows  digest  detail
//   chunk     "main"."t"          n      n     hex             a chunk that landed
//   old       "main"."t"                               json    what was there under the final name
//   schema    name                                             a schema that the run made
//   file                                                       the run made the database file
//   publish                                            json    what publish() made and kept
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "endpoint/duckdb/attachment.h"
#include "endpoint/endpoint.h"

namespace sluice::duckdb {

class Ledger {
 public:
  Ledger(const Attachment& attachment, const std::string& run);

  const std::string& name() const { return name_; }  // with the catalog, quoted
  std::string create_sql() const;
  std::string drop_sql() const { return "DROP TABLE IF EXISTS " + name_; }
  std::string add_sql(const std::string& kind, const std::string& object,
                      const std::string& detail) const;
  std::string add_chunk_sql(const std::string& object, int chunk, const Digest& digest) const;
  std::string remove_chunks_sql(const std::string& object) const;

  Result<bool> exists(EngineConnection& connection) const;
  Result<Landed> landed(EngineConnection& connection, const std::string& object) const;
  // The detail of the entry; nullopt where there is none.
  Result<std::optional<std::string>> find(EngineConnection& connection, const std::string& kind,
                                          const std::string& object) const;
  Result<std::vector<std::string>> objects(EngineConnection& connection,
                                           const std::string& kind) const;

 private:
  std::string catalog_;
  std::string table_;
  std::string name_;
};

}  // namespace sluice::duckdb
