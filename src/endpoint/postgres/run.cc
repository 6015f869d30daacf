#include "endpoint/postgres/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "endpoint/sql_names.h"

namespace sluice::postgres {
namespace {

// FNV-1a: a number of the run for PostgreSQL's advisory locks.
std::int64_t lock_number(const std::string& run) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : run) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return static_cast<std::int64_t>(hash);
}

}  // namespace

Run::Run(std::string id, const TargetPlan& plan, std::string default_schema,
         std::shared_ptr<ConnectionPool> pool)
    : id_(std::move(id)),
      plan_(plan),
      default_schema_(std::move(default_schema)),
      pool_(std::move(pool)) {
  std::vector<TableName> names;
  for (const TargetTable& table : plan.tables) names.push_back(final_name(table.name));
  for (const TargetView& view : plan.views) names.push_back(final_name(view.name));
  for (const TableName& name : names) {
    if (name.name == "ledger") first_suffix_ = 2;
    if (std::find(target_schemas_.begin(), target_schemas_.end(), name.schema) ==
        target_schemas_.end()) {
      target_schemas_.push_back(name.schema);
    }
  }
}

TableName Run::final_name(const TableName& name) const {
  return {name.schema.empty() ? default_schema_ : name.schema, name.name};
}

std::string Run::suffixed(const std::string& prefix, const std::string& target_schema) const {
  const auto at = std::find(target_schemas_.begin(), target_schemas_.end(), target_schema);
  const std::size_t number = first_suffix_ + static_cast<std::size_t>(at - target_schemas_.begin());
  return number == 1 ? prefix : fmt::format("{}_{}", prefix, number);
}

TableName Run::staged(const TableName& name) const {
  const TableName final = final_name(name);
  return {suffixed(staging_prefix(id_), final.schema), final.name};
}

TableName Run::kept(const TableName& name) const {
  const TableName final = final_name(name);
  return {suffixed(kept_prefix(id_), final.schema), final.name};
}

std::string Run::ledger_schema() const { return staging_prefix(id_); }

std::vector<std::string> Run::staging_schemas() const {
  std::vector<std::string> out{ledger_schema()};
  for (const std::string& schema : target_schemas_) {
    const std::string name = suffixed(staging_prefix(id_), schema);
    if (name != out.front()) out.push_back(name);
  }
  return out;
}

std::vector<std::string> Run::kept_schemas() const {
  std::vector<std::string> out;
  for (const std::string& schema : target_schemas_) {
    out.push_back(suffixed(kept_prefix(id_), schema));
  }
  return out;
}

Result<ConnectionPool::Lease> Run::begin(Lock lock, const std::string& doing) const {
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool_));
  TRY(lease->execute(
      fmt::format("BEGIN; SET LOCAL lock_timeout = '{}s'; SELECT pg_advisory_xact_lock{}({})",
                  kLockSeconds, lock == Lock::kShared ? "_shared" : "", lock_number(id_)),
      doing));
  return lease;
}

Result<bool> Run::has_ledger(Connection& connection) const {
  TRY_ASSIGN(const Rows rows, connection.query("SELECT to_regclass($1) IS NOT NULL",
                                               "look for the ledger", {ledger()}));
  return rows.boolean(0, 0);
}

Result<bool> Run::has_mark(Connection& connection, Mark mark, const std::string& name) const {
  TRY_ASSIGN(const Rows rows,
             connection.query(fmt::format("SELECT EXISTS (SELECT FROM {} WHERE chunk = {} AND "
                                          "table_name = $1)",
                                          ledger(), static_cast<int>(mark)),
                              "read the ledger", {name}));
  return rows.boolean(0, 0);
}

Status Run::add_mark(Connection& connection, Mark mark, const std::string& name,
                     const std::string& number) const {
  TRY_ASSIGN(const Rows rows,
             connection.query(fmt::format("INSERT INTO {} VALUES ($1, {}, $2::bigint, '', 0)",
                                          ledger(), static_cast<int>(mark)),
                              "write the ledger", {name, number}));
  return {};
}

}  // namespace sluice::postgres
