#include "endpoint/postgres/continued_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "endpoint/postgres/sql_embedded.h"

namespace sluice::postgres {

Result<Triggers> triggers_of(Connection& connection, const TableName& name,
                             const std::string& oid) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = $1::oid "
                              "AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY tgname",
                              "list the triggers of " + name.display(), {oid}));
  Triggers out;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string trigger = quote_identifier(rows.text(row, 0));
    out.disable += fmt::format("ALTER TABLE {} DISABLE TRIGGER {};", name.quoted(), trigger);
    out.enable += fmt::format("ALTER TABLE {} ENABLE {}TRIGGER {};", name.quoted(),
                              rows.text(row, 1) == "A" ? "ALWAYS " : "", trigger);
  }
  return out;
}

Result<std::vector<std::size_t>> referred_first(Connection& connection,
                                                const std::vector<std::string>& oids) {
  TRY_ASSIGN(const Rows rows,
             connection.query(sql::kReferencesAmong, "order the tables", {array_literal(oids)}));
  std::set<std::pair<std::string, std::string>> edges;  // child, parent
  for (int row = 0; row < rows.size(); ++row) edges.emplace(rows.text(row, 0), rows.text(row, 1));
  std::vector<std::size_t> order;
  std::vector<bool> done(oids.size(), false);
  const auto waits = [&](std::size_t i) {
    for (std::size_t j = 0; j < oids.size(); ++j) {
      if (!done[j] && edges.contains({oids[i], oids[j]})) return true;
    }
    return false;
  };
  while (order.size() < oids.size()) {
    const std::size_t before = order.size();
    for (std::size_t i = 0; i < oids.size(); ++i) {
      // In a circle the first one goes as it comes.
      if (done[i] || waits(i)) continue;
      done[i] = true;
      order.push_back(i);
    }
    if (order.size() > before) continue;
    const auto at = std::find(done.begin(), done.end(), false);
    *at = true;
    order.push_back(static_cast<std::size_t>(at - done.begin()));
  }
  return order;
}

Result<Counter> counter_of(Connection& connection, const std::string& sequence) {
  TRY_ASSIGN(const Rows rows, connection.query("SELECT last_value, is_called FROM " + sequence,
                                               "read sequence " + sequence));
  return Counter{rows.number(0, 0), rows.boolean(0, 1)};
}

std::string set_counter_sql(const std::string& sequence, const Counter& counter) {
  return fmt::format("ALTER SEQUENCE {0} RESTART WITH {1}; SELECT setval({2}, {1}, {3})", sequence,
                     counter.last, quote_literal(sequence), counter.is_called);
}

}  // namespace sluice::postgres
