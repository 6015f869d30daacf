#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "ingest/column_value.h"
#include "ingest/row_store.h"

namespace sluice::ingest {
namespace {

// Rejected rows are taken out at once, so that nothing else has to ask for them. sluice_drop is of
// rows in sluice_batch.
constexpr const char* kMakeTables =
    "CREATE TEMP TABLE sluice_reject AS SELECT sluice_at, sluice_reason, sluice_raw FROM "
    "sluice_batch WHERE sluice_reason IS NOT NULL;"
    "DELETE FROM sluice_batch WHERE sluice_reason IS NOT NULL;"
    "CREATE TEMP TABLE sluice_drop (sluice_at BIGINT, in_table BOOLEAN, conflicting BOOLEAN)";

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

class RowsInTables final : public RowStore {
 public:
  RowsInTables(EngineConnection& connection, const RowTerms& terms)
      : connection_(connection), terms_(terms) {}

  Status make(const std::string& select) {
    TRY(connection_.execute("CREATE TEMP TABLE sluice_batch AS " + select));
    return connection_.execute(kMakeTables);
  }

  std::string all() const override { return "sluice_batch"; }
  std::string staying() const override {
    return "(SELECT b.* FROM sluice_batch b ANTI JOIN sluice_drop d ON b.sluice_at = d.sluice_at)";
  }
  std::string dropped() const override {
    return "(SELECT b.*, d.in_table AS sluice_in_table, d.conflicting AS sluice_conflicting FROM "
           "sluice_batch b JOIN sluice_drop d ON b.sluice_at = d.sluice_at)";
  }
  std::string rejected() const override { return "sluice_reject"; }

  Status leave_out(const std::set<std::size_t>& parts) override;
  Status drop_within() override;
  Status drop_hits(const std::string& hits) override {
    return connection_.execute(
        fmt::format("INSERT INTO sluice_drop SELECT sluice_at, true, conflicting FROM ({})", hits));
  }
  Result<RowCounts> count() override;

 private:
  EngineConnection& connection_;
  const RowTerms& terms_;
};

Status RowsInTables::leave_out(const std::set<std::size_t>& parts) {
  std::vector<std::string> numbers;
  for (const std::size_t part : parts) numbers.push_back(std::to_string(part));
  for (const char* table : {"sluice_batch", "sluice_reject"}) {
    TRY(connection_.execute(fmt::format("DELETE FROM {} WHERE sluice_at >> {} IN ({})", table,
                                        kOrdinalBits, join(numbers, ", "))));
  }
  return {};
}

// Rows that are the same in all columns are told from others by two hashes being one; only groups
// of several hashes are compared column by column.
Status RowsInTables::drop_within() {
  std::vector<std::string> names;
  for (const std::string& column : terms_.key) names.push_back(quote_identifier(column));
  TRY(connection_.execute(fmt::format(
      "CREATE TEMP TABLE sluice_twice AS SELECT {0}, min(sluice_at) AS first, min(sluice_hash) <> "
      "max(sluice_hash) AS mixed FROM sluice_batch GROUP BY {0} HAVING count(*) > 1",
      join(names, ", "))));
  const std::string later =
      fmt::format("sluice_batch b JOIN sluice_twice k ON {} AND b.sluice_at <> k.first",
                  terms_.same_key("b", "k"));
  TRY(connection_.execute(fmt::format(
      "INSERT INTO sluice_drop SELECT b.sluice_at, false, false FROM {} WHERE NOT k.mixed",
      later)));
  TRY_ASSIGN(const auto mixed, connection_.value("SELECT count(*) FROM sluice_twice WHERE mixed"));
  if (number(mixed) > 0) {
    TRY(connection_.execute(
        fmt::format("INSERT INTO sluice_drop SELECT b.sluice_at, false, {} FROM {} JOIN "
                    "sluice_batch f ON f.sluice_at = k.first WHERE k.mixed",
                    terms_.differs("b", "f"), later)));
  }
  return connection_.execute("DROP TABLE sluice_twice");
}

Result<RowCounts> RowsInTables::count() {
  RowCounts out;
  TRY_ASSIGN(const auto rows,
             connection_.rows("SELECT (SELECT count(*) FROM sluice_batch), (SELECT count(*) FROM "
                              "sluice_reject)"));
  out.rejected = number(rows.front().at(1));
  out.read = number(rows.front().at(0)) + out.rejected;
  TRY_ASSIGN(const auto drops,
             connection_.rows("SELECT count(*) FILTER (NOT in_table), count(*) FILTER (in_table), "
                              "count(*) FILTER (conflicting) FROM sluice_drop"));
  out.in_batch = number(drops.front().at(0));
  out.in_table = number(drops.front().at(1));
  out.conflicting = number(drops.front().at(2));
  return out;
}

// Columns that no record fills get their type here: the source makes texts of them.
Result<std::string> typed_columns(const ColumnPlan& plan) {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan) {
    if (can_fill(column.type)) continue;
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    out.push_back(fmt::format("CAST({0} AS {1}) AS {0}", quote_identifier(column.name), type));
  }
  return out.empty() ? "*" : fmt::format("* REPLACE ({})", join(out, ", "));
}

}  // namespace

Result<std::unique_ptr<RowStore>> keep_selected(EngineConnection& connection, const RowTerms& terms,
                                                const std::string& select) {
  auto rows = std::make_unique<RowsInTables>(connection, terms);
  TRY(rows->make(select));
  return std::unique_ptr<RowStore>(std::move(rows));
}

Result<std::unique_ptr<RowStore>> keep_in_tables(Engine& engine, EngineConnection& connection,
                                                 const RowTerms& terms,
                                                 const std::shared_ptr<RowSource>& source) {
  TRY_ASSIGN(const std::string columns, typed_columns(terms.plan));
  const std::string relation = engine.add_source(source);
  auto rows = keep_selected(connection, terms, fmt::format("SELECT {} FROM {}", columns, relation));
  engine.remove_source(relation);
  return rows;
}

}  // namespace sluice::ingest
