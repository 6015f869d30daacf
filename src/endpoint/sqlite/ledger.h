// What a run notes in the target itself, in the target's own transactions. Two tables:
//
//   sluice_<run>_ledger (table_name, chunk, rows, digest_hex, bytes)   a row a chunk that landed
//   sluice_<run>_state  (id, kind, name, type, owner, position, sql)  what a rollback needs
//
// Kinds of state rows:
//   created_file  the run made the file
//   published     the marker: everything stands under its final names
//   made          `name`, a table or view (`type`), is the run's
//   kept          table `name` is kept as `owner`; its text was `sql`
//   continued     rows went into table `name`; those from before are in `owner`, its AUTOINCREMENT
//                 stood at `sql` ("": had no counter)
//   dropped       `type` `name` on `owner` was dropped; its text was `sql`, its place `position`
//   statistics    a row of ANALYZE about `name`, as the INSERT that restores it
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/sqlite/connection.h"
#include "endpoint/endpoint.h"

namespace sluice::sqlite {

struct StateRow {
  std::string kind;
  std::string name;
  std::string type;
  std::string owner;
  std::int64_t position = 0;
  std::string sql;
};

class Ledger {
 public:
  Ledger(Connection& connection, const std::string& run);

  const std::string& ledger_table() const { return ledger_; }
  const std::string& state_table() const { return state_; }
  Result<bool> exists();
  Status create();  // where it is not there
  Status drop();

  Result<Landed> landed(const std::string& table);
  Result<std::optional<ChunkReceipt>> receipt(const std::string& table, int chunk);
  Status add(const std::string& table, int chunk, const ChunkReceipt& receipt);
  Status clear(const std::string& table);

  Status note(const StateRow& row);
  Result<std::vector<StateRow>> noted(const std::string& kind);  // in the order of noting

 private:
  Connection& connection_;
  std::string ledger_;
  std::string state_;
};

}  // namespace sluice::sqlite
