// What adding rows to a table and taking them back have in common.
#pragma once

#include <string>
#include <vector>

#include "client/postgres/connection.h"
#include "model/table_name.h"

namespace sluice::postgres {

// Statements that keep a table's own triggers from firing, and that set each as it was; "" where
// there are none.
struct Triggers {
  std::string disable;
  std::string enable;
};
Result<Triggers> triggers_of(Connection& connection, const TableName& name, const std::string& oid);

// Indexes of `oids`: tables that others refer to come before those. Tables in a circle follow each
// other as they come.
Result<std::vector<std::size_t>> referred_first(Connection& connection,
                                                const std::vector<std::string>& oids);

// Where a sequence stands: the number `last` was given, or is the first one to be given.
struct Counter {
  std::int64_t last = 0;
  bool is_called = false;
  bool operator==(const Counter&) const = default;
};
Result<Counter> counter_of(Connection& connection, const std::string& sequence);

// RESTART gives the sequence new storage, which goes with the transaction; setval alone would stay
// after a roll back.
std::string set_counter_sql(const std::string& sequence, const Counter& counter);

}  // namespace sluice::postgres
