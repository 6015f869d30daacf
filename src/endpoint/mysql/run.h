// What one run has in a target database, and how its connections keep out of each other's way.
//
//   sluice_<ulid>               the ledger: a row for each chunk, and marks
//   sluice_<ulid>_s0_<table>    staging tables by their number in the plan, names cut to 64
//   sluice_<ulid>_k0_<table>    what was replaced, or the old rows of what was appended to
//   sluice_<ulid>_open          an empty table that publish renames to ..._done
//
// Every DDL statement is a transaction of its own, so publication is one RENAME TABLE over all
// tables, the empty table among them: whoever finds ..._done knows that all were renamed. Appending
// and merging are one InnoDB transaction before it, with a mark in the ledger.
//
// A transaction that writes a chunk reads the ledger first and so holds a metadata lock on it until
// it ends; whatever else a run does holds the run's named lock (GET_LOCK), which ends with its
// session, and waits for the ledger's metadata lock once. Whoever has passed both knows that no
// commit or RENAME of another connection is still under way.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/mysql/connection.h"
#include "model/target_table.h"

namespace sluice::mysql {

enum Mark : int {
  kMarkFinished = -1,   // table_name: its keys and indexes are made
  kMarkDiscarded = -2,  // table_name: its staging table is to be made anew
  kMarkAppended = -3,   // the run: the rows of append and merge are in
};

// How long a run waits for locks.
inline constexpr int kLockSeconds = 60;

class Run {
 public:
  // `plan` is kept by reference.
  Run(std::string id, const TargetPlan& plan, std::shared_ptr<ConnectionPool> pool)
      : id_(std::move(id)), plan_(plan), pool_(std::move(pool)) {}

  const std::string& id() const { return id_; }
  const TargetPlan& plan() const { return plan_; }
  const std::shared_ptr<ConnectionPool>& pool() const { return pool_; }

  TableName staged(const TargetTable& table) const { return made(table, 's'); }
  TableName kept(const TargetTable& table) const { return made(table, 'k'); }
  TableName ledger() const;
  TableName mark_open() const;
  TableName mark_done() const;

  // Alone in the run. Errors: kConflict where another connection of it does not end in time.
  class Exclusive {
   public:
    explicit Exclusive(ConnectionPool::Lease lease) : lease_(std::move(lease)) {}
    Connection* operator->() { return &*lease_; }
    Connection& operator*() { return *lease_; }
    // Gives the lock and the connection back; without it both end with the connection.
    Status end();

   private:
    ConnectionPool::Lease lease_;
  };
  Result<Exclusive> exclusive(const std::string& doing) const;

  Result<bool> has_mark(Connection& connection, Mark mark, const std::string& name) const;
  Status add_mark(Connection& connection, Mark mark, const std::string& name) const;
  Status drop_mark(Connection& connection, Mark mark, const std::string& name) const;
  Result<bool> is_published(Connection& connection) const;

 private:
  TableName made(const TargetTable& table, char kind) const;

  std::string id_;
  const TargetPlan& plan_;
  std::shared_ptr<ConnectionPool> pool_;
};

// Whether there is a table or view of this name.
Result<bool> has_table(Connection& connection, const TableName& name);

// What information_schema.TABLES calls it; nothing where there is none.
Result<std::optional<std::string>> table_kind(Connection& connection, const TableName& name);

// "'a', 'b'"; "''" where there is none, so that it stands behind IN.
std::string literal_list(const std::vector<std::string>& texts);

// Cut to 64 characters less `suffix`, which is put behind.
std::string cut_name(std::string_view name, const std::string& suffix);

}  // namespace sluice::mysql
