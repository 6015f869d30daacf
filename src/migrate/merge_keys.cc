#include "migrate/merge_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "migrate/verify_staged.h"

namespace sluice {
namespace {

constexpr int kValueLengthMax = 60;  // of a value in a message

class KeyCheck {
 public:
  KeyCheck(const TablePlan& table, EngineConnection& connection, std::string relation)
      : table_(table), connection_(connection), relation_(std::move(relation)) {
    for (const std::string& key : table.target.merge_key) {
      const std::string name = quote_identifier(key);
      keys_.push_back(name);
      nulls_.push_back(name + " IS NULL");
      values_.push_back(
          fmt::format("coalesce(CAST({} AS VARCHAR)[:{}], 'NULL')", name, kValueLengthMax));
    }
  }

  Status run() {
    TRY(refuse(fmt::format("WHERE {} HAVING count(*) > 0", join(nulls_, " OR ")),
               "NULL in the merge key"));
    return refuse(fmt::format("GROUP BY {} HAVING count(*) > 1 LIMIT 1", join(keys_, ", ")),
                  "the same merge key");
  }

 private:
  Status refuse(const std::string& which, const std::string& what) {
    TRY_ASSIGN(const auto rows,
               connection_.rows(fmt::format("SELECT concat_ws(', ', {}), count(*) FROM {} {}",
                                            values_sql(), relation_, which)));
    if (rows.empty()) return {};
    const std::string name = table_.target.name.display();
    const std::string count = rows.at(0).at(1).value_or("1");
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("table \"{}\": {} row{} of the source with {}: ({}) = ({})", name, count,
                          count == "1" ? "" : "s", what, join(table_.target.merge_key, ", "),
                          rows.at(0).at(0).value_or("NULL")))
            .about(name)
            .advise("nothing was changed; mend the source, or merge by other columns with --key"));
  }

  // Keys are grouped by value and shown as text.
  std::string values_sql() const {
    std::vector<std::string> shown;
    for (const std::string& value : values_) shown.push_back("any_value(" + value + ")");
    return join(shown, ", ");
  }

  const TablePlan& table_;
  EngineConnection& connection_;
  std::string relation_;
  std::vector<std::string> keys_;
  std::vector<std::string> nulls_;
  std::vector<std::string> values_;
};

}  // namespace

Status check_merge_keys(RunContext& context, const Plan& plan, const WriteSession& target) {
  const bool merges = std::any_of(
      plan.tables.begin(), plan.tables.end(),
      [](const TablePlan& table) { return table.target.if_exists == IfExists::kMerge; });
  if (!merges) return {};
  // Closed before anything else is written: an open reader stops an SQLite writer.
  TRY_ASSIGN(const auto session, context.target->read());
  TRY_ASSIGN(const auto connection, context.engine->connect());
  for (const TablePlan& table : plan.tables) {
    if (table.target.if_exists != IfExists::kMerge) continue;
    Table staged = table_as_read(table.target, target.staged_name(table.target));
    std::erase_if(staged.columns, [&](const Column& column) {
      const auto& key = table.target.merge_key;
      return std::find(key.begin(), key.end(), column.name) == key.end();
    });
    TRY_ASSIGN(const std::string relation, session->relation(staged, nullptr, ReadPath::kFast));
    TRY(KeyCheck(table, *connection, relation).run());
  }
  return {};
}

}  // namespace sluice
