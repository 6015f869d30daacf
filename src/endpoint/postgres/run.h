// What a run makes in a PostgreSQL target, and under which names. Everything is derived from the
// run's ULID and its plan, so that a process that resumes finds it again.
//
//   sluice_<ulid>          staging of the first target schema, and the ledger
//   sluice_<ulid>_2, ...   staging of further target schemas
//   sluice_<ulid>_kept     what was replaced in the first target schema; _kept_2, ... in further
//   ones
//
// A schema of its own for each target schema keeps names of tables and indexes from colliding. A
// table moves by ALTER TABLE ... SET SCHEMA, which takes indexes, constraints and owned sequences
// along.
//
// The ledger has a row for each chunk, and rows with negative chunk numbers for what else the run
// has done (Mark). Each is written in the transaction that it speaks of.
//
// Every transaction of a run holds an advisory lock: those that write chunks a shared one, all
// others an exclusive one. Whoever has the exclusive lock knows that no commit of another
// connection is still under way, which is how an outcome that was unknown becomes known.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/postgres/connection.h"
#include "model/target_table.h"

namespace sluice::postgres {

enum Mark : int {
  kMarkFinished = -1,        // table_name: its keys and indexes are made
  kMarkPublished = -2,       // the run
  kMarkSchemaCreated = -3,   // table_name: a target schema that was not there before
  kMarkTablePublished = -4,  // table_name; rows: the oid of what has its final name since
  kMarkViewPublished = -5,   // likewise
  kMarkFinishedPlain = -9,   // table_name: it goes on, so that its staging needs no keys
  kMarkContinued = -6,     // table_name; rows: the oid of a table that got rows, the old ones kept
  kMarkCounterUsed = -7,   // table_name: a sequence; rows: the number that it had given last
  kMarkCounterFresh = -8,  // likewise, but that number was not given yet
};

class Run {
 public:
  // `plan` is kept by reference.
  Run(std::string id, const TargetPlan& plan, std::string default_schema,
      std::shared_ptr<ConnectionPool> pool);

  const std::string& id() const { return id_; }
  const TargetPlan& plan() const { return plan_; }

  TableName final_name(const TableName& name) const;  // with its schema
  TableName staged(const TableName& name) const;
  TableName kept(const TableName& name) const;
  std::string ledger_schema() const;
  std::string ledger() const { return quote_identifier(ledger_schema()) + ".ledger"; }
  // Target schemas, and in the same order the schemas of the run for each.
  const std::vector<std::string>& target_schemas() const { return target_schemas_; }
  std::vector<std::string> staging_schemas() const;  // the ledger's included
  std::vector<std::string> kept_schemas() const;

  // A connection in a transaction that holds the run's lock. Errors: kConflict (55P03) where
  // another connection of the run does not end within `lock_seconds`.
  enum class Lock { kShared, kExclusive };
  Result<ConnectionPool::Lease> begin(Lock lock, const std::string& doing) const;

  // On a connection of begin().
  Result<bool> has_ledger(Connection& connection) const;
  Result<bool> has_mark(Connection& connection, Mark mark, const std::string& name) const;
  Status add_mark(Connection& connection, Mark mark, const std::string& name,
                  const std::string& number = "0") const;

 private:
  std::string suffixed(const std::string& prefix, const std::string& target_schema) const;

  std::string id_;
  const TargetPlan& plan_;
  std::string default_schema_;
  std::shared_ptr<ConnectionPool> pool_;
  std::vector<std::string> target_schemas_;
  std::size_t first_suffix_ = 1;  // 2 where a table of the plan is named "ledger"
};

// How long publishing, rolling back and asking wait for locks.
inline constexpr int kLockSeconds = 60;

}  // namespace sluice::postgres
