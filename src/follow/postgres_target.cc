// A table of a PostgreSQL database. Rows go to a temporary table by COPY, and from there into the
// table, in the transaction of the record.

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/text.h"
#include "client/postgres/connection.h"
#include "endpoint/postgres/binary_write.h"
#include "endpoint/postgres/postgres_endpoint.h"
#include "endpoint/postgres/rules.h"
#include "follow/follow_target.h"
#include "follow/new_table.h"
#include "follow/record_tables.h"

namespace sluice::follow {
namespace {

constexpr const char* kStaging = "pg_temp.sluice_follow_rows";
constexpr std::size_t kSendBytes = 1U << 20;

TypeRule postgres_rule(const Type& type) { return postgres::rule(type); }

std::vector<TargetColumn> target_columns(const ingest::ColumnPlan& plan) {
  std::vector<TargetColumn> out;
  for (const ingest::PlannedColumn& column : plan) {
    TargetColumn& one = out.emplace_back();
    one.name = column.name;
    one.type = column.type;
    one.native_type = postgres_rule(column.type).native_type;
  }
  return out;
}

std::string same_key(const std::vector<std::string>& key) {
  std::vector<std::string> terms;
  for (const std::string& column : key) {
    terms.push_back(fmt::format("t.{0} = b.{0}", quote_identifier(column)));
  }
  return join(terms, " AND ");
}

class PostgresTarget final : public FollowTarget {
 public:
  explicit PostgresTarget(const TargetSetting& setting)
      : engine_(*setting.engine),
        location_(setting.location),
        table_{setting.table.schema.empty() ? setting.location.parameter("schema", "public")
                                            : setting.table.schema,
               setting.table.name},
        doing_("write to " + table_.display()) {}

  Status open(bool make) override {
    is_open_ = false;
    connection_.reset();
    TRY_ASSIGN(connection_, postgres::Connection::open(location_));
    if (!make) return {};
    // Two who make a table by the same moment would meet in the catalog.
    TRY(lock());
    TRY(make_record_tables(sql()));
    is_open_ = false;
    return connection_->commit(doing_);
  }

  Result<Records> begin() override {
    TRY(lock());
    TRY_ASSIGN(const bool there, has_tables());
    if (!there) return Records();
    return read_records(sql(), table_.display());
  }
  void end() override {
    // One that cannot, in the middle of a COPY, is of no more use.
    if (is_open_ && connection_ && !connection_->execute("ROLLBACK", doing_)) connection_.reset();
    is_open_ = false;
  }

  Result<std::optional<ingest::ColumnPlan>> columns() override {
    TRY_ASSIGN(const auto endpoint, open_postgres(location_of_schema(), engine_));
    TRY_ASSIGN(const auto session, endpoint->read());
    TRY_ASSIGN(const Inventory inventory, session->inspect());
    for (const Table& table : inventory.tables) {
      if (table.name != table_) continue;
      inserted_ = insert_terms(table, [](const Column& column) {
        return column.own_type ? column.own_type->name : std::string();
      });
      TRY_ASSIGN(auto plan, plan_of(table));
      return std::optional(std::move(plan));
    }
    return std::nullopt;
  }

  Status land(Landing& landing) override {
    if (landing.rows != nullptr) TRY(insert(landing));
    TRY(write_dead(sql(), table_.display(), landing.dead));
    TRY(write_records(sql(), table_.display(), landing.counted()));
    crash_point();
    is_open_ = false;
    TRY(connection_->commit(doing_));
    crash_point();
    return {};
  }

  bool blames_row(const Error& error) const override {
    const bool by_server = error.vendor_code.size() == 5 && (error.vendor_code.starts_with("22") ||
                                                             error.vendor_code.starts_with("23"));
    return by_server || error.kind == ErrorKind::kWouldLoseData;
  }

  Result<std::vector<DeadLetter>> dead_letters() override {
    TRY_ASSIGN(const bool there, has_tables());
    if (!there) return std::vector<DeadLetter>();
    return read_dead(sql(), table_.display());
  }

 private:
  // Where nothing was followed yet they are not there.
  Result<bool> has_tables() {
    TRY_ASSIGN(const postgres::Rows rows, connection_->query("SELECT to_regclass($1) IS NOT NULL",
                                                             doing_, {sql().name(kDeadTable)}));
    return rows.boolean(0, 0);
  }

  Location location_of_schema() const {
    Location out = location_;
    out.parameters["schema"] = table_.schema;
    return out;
  }

  // One at a time lands messages in the table.
  Status lock() {
    end();
    if (!connection_) {
      TRY_ASSIGN(connection_, postgres::Connection::open(location_));
    }
    TRY(connection_->execute("BEGIN", doing_));
    is_open_ = true;
    TRY(connection_->query(kCommitToDisk, doing_));
    TRY(connection_->query("SELECT pg_advisory_xact_lock(hashtext($1))", doing_,
                           {"sluice_follow " + table_.display()}));
    return {};
  }

  TargetSql sql() {
    TargetSql out;
    out.execute = [this](const std::string& text) { return connection_->execute(text, doing_); };
    out.query = [this](const std::string& text) { return query(text); };
    out.name = [this](std::string_view name) {
      return TableName{table_.schema, std::string(name)}.quoted();
    };
    return out;
  }

  Result<std::vector<std::vector<std::optional<std::string>>>> query(const std::string& text) {
    TRY_ASSIGN(const postgres::Rows rows, connection_->query(text, doing_));
    std::vector<std::vector<std::optional<std::string>>> out;
    for (int row = 0; row < rows.size(); ++row) {
      auto& cells = out.emplace_back();
      for (int i = 0; i < rows.columns(); ++i) cells.push_back(rows.optional_text(row, i));
    }
    return out;
  }

  Status make_staging(const std::vector<TargetColumn>& columns) {
    std::vector<std::string> items;
    for (const TargetColumn& column : columns) {
      items.push_back(quote_identifier(column.name) + " " + column.native_type);
    }
    return connection_->execute(
        fmt::format("CREATE TEMP TABLE IF NOT EXISTS sluice_follow_rows ({}) ON COMMIT DELETE ROWS",
                    join(items, ", ")),
        doing_);
  }

  Status copy(ingest::StagedRows& rows, const std::vector<TargetColumn>& columns) {
    TRY(connection_->start_copy(fmt::format("COPY {} FROM STDIN (FORMAT binary)", kStaging),
                                doing_));
    postgres::BinaryEncoder encoder(table_.display(), columns);
    encoder.begin();
    TRY(rows.connection().stream(rows.select_sql(), [&](const Batch& batch) -> Status {
      TRY(encoder.add_rows(batch, 0, batch.rows));
      if (encoder.bytes().size() < kSendBytes) return {};
      TRY(connection_->send_copy(encoder.bytes(), doing_));
      encoder.clear();
      return {};
    }));
    encoder.end();
    TRY(connection_->send_copy(encoder.bytes(), doing_));
    return connection_->end_copy(doing_);
  }

  Status insert(Landing& landing) {
    const ingest::ColumnPlan& plan = landing.rows->plan();
    const std::vector<TargetColumn> columns = target_columns(plan);
    if (inserted_.empty()) {
      TRY_ASSIGN(const std::string make,
                 new_table_sql(table_.quoted(), plan, landing.key, true, postgres_rule));
      TRY(connection_->execute(make, "make " + table_.display()));
    }
    TRY(make_staging(columns));
    TRY(copy(*landing.rows, columns));
    std::string text = insert_sql(table_.quoted(), plan, inserted_, kStaging);
    if (!landing.key.empty()) {
      text += fmt::format(" WHERE NOT EXISTS (SELECT FROM {} t WHERE {})", table_.quoted(),
                          same_key(landing.key));
    }
    TRY_ASSIGN(const auto counted,
               query(fmt::format("WITH sluice_new AS ({} RETURNING 1) SELECT count(*) FROM "
                                 "sluice_new",
                                 text)));
    landing.inserted = std::stoull(counted.front().front().value_or("0"));
    return {};
  }

  Engine& engine_;
  Location location_;
  TableName table_;
  std::string doing_;
  std::optional<postgres::Connection> connection_;
  bool is_open_ = false;  // a transaction
  InsertTerms inserted_;  // empty where there is no table yet
};

}  // namespace

Result<std::unique_ptr<FollowTarget>> follow_postgres(const TargetSetting& setting) {
  return std::make_unique<PostgresTarget>(setting);
}

}  // namespace sluice::follow
