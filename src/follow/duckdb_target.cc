// A table of a DuckDB file. Nobody else can write the file while it is attached, so what was read
// of the record before a transaction holds in it.

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/duckdb/attachment.h"
#include "endpoint/duckdb/inspect.h"
#include "endpoint/duckdb/transaction.h"
#include "endpoint/duckdb/types.h"
#include "endpoint/engine_error.h"
#include "engine/row_refused.h"
#include "follow/follow_target.h"
#include "follow/new_table.h"
#include "follow/record_tables.h"

namespace sluice::follow {
namespace {

namespace fs = std::filesystem;

class DuckdbTarget final : public FollowTarget {
 public:
  explicit DuckdbTarget(const TargetSetting& setting)
      : engine_(*setting.engine),
        path_(setting.location.path),
        table_{setting.table.schema.empty() ? "main" : setting.table.schema, setting.table.name} {}

  Status open(bool make) override {
    connection_.reset();
    TRY_ASSIGN(attachment_, duckdb::Attachment::open(engine_, path_, make));
    if (!attachment_->exists()) TRY(make_file());
    if (make) TRY(attachment_->make_writable());
    TRY_ASSIGN(connection_, engine_.connect());
    return make ? refined(make_record_tables(sql(*connection_))) : Status();
  }

  Result<Records> begin() override {
    TRY_ASSIGN(const bool there, has_tables());
    if (!there) return Records();
    return read_records(sql(*connection_), table_.display());
  }
  void end() override {}

  Result<std::optional<ingest::ColumnPlan>> columns() override {
    TRY_ASSIGN(const auto catalog,
               duckdb::inspect_duckdb(*connection_, attachment_->catalog(), false));
    const Table* const table = catalog.find(table_);
    if (table == nullptr) return std::nullopt;
    table_.name = table->name.name;  // as the file spells it
    inserted_ = insert_terms(*table);
    TRY_ASSIGN(auto plan, plan_of(*table));
    return std::optional(std::move(plan));
  }

  Status land(Landing& landing) override { return refined(write(landing)); }
  bool blames_row(const Error& error) const override { return is_row_refused(error); }

  Result<std::vector<DeadLetter>> dead_letters() override {
    TRY_ASSIGN(const bool there, has_tables());
    if (!there) return std::vector<DeadLetter>();
    return read_dead(sql(*connection_), table_.display());
  }

 private:
  // Where nothing was followed yet they are not there.
  Result<bool> has_tables() {
    TRY_ASSIGN(const auto count,
               connection_->value(fmt::format(
                   "SELECT count(*) FROM duckdb_tables() WHERE database_name = {} AND schema_name "
                   "= {} AND table_name = {}",
                   quote_literal(attachment_->catalog()), quote_literal(table_.schema),
                   quote_literal(std::string(kDeadTable)))));
    return count && *count != "0";
  }

  Status refined(Status status) const {
    if (status) return status;
    return fail(refine_engine_error(status.error(), path_));
  }

  // Under its name it is a whole file.
  Status make_file() {
    TRY_ASSIGN(const auto connection, engine_.connect());
    const std::string& catalog = attachment_->catalog();
    TRY(refined(connection->execute(fmt::format("ATTACH {0} AS {1} (TYPE duckdb); DETACH {1}",
                                                quote_literal(path_.string()), catalog))));
    return attachment_->make_writable();
  }

  std::string qualified(const std::string& schema, std::string_view name) const {
    return duckdb::qualified(attachment_->catalog(), {schema, std::string(name)});
  }

  TargetSql sql(EngineConnection& connection) const {
    return {[&](const std::string& text) { return connection.execute(text); },
            [&](const std::string& text) { return connection.rows(text); },
            [this](std::string_view name) { return qualified(table_.schema, name); }};
  }

  Status insert(Landing& landing, EngineConnection& connection) {
    const std::string name = qualified(table_.schema, table_.name);
    if (inserted_.empty()) {
      TRY_ASSIGN(const std::string make,
                 new_table_sql(name, landing.rows->plan(), landing.key, false, duckdb_rule));
      TRY(connection.execute(make));
    } else {
      TRY(landing.rows->drop_found_in(name));
    }
    TRY_ASSIGN(const auto counts, landing.rows->count());
    landing.inserted = counts.inserted();
    if (landing.inserted == 0) return {};
    return connection.execute(
        insert_sql(name, landing.rows->plan(), inserted_, "(" + landing.rows->select_sql() + ")"));
  }

  // The rows are relations of the connection that staged them.
  Status write(Landing& landing) {
    EngineConnection& connection =
        landing.rows == nullptr ? *connection_ : landing.rows->connection();
    duckdb::Transaction transaction(connection);
    TRY(transaction.begin());
    if (landing.rows != nullptr) TRY(insert(landing, connection));
    const TargetSql beside = sql(connection);
    TRY(write_dead(beside, table_.display(), landing.dead));
    TRY(write_records(beside, table_.display(), landing.counted()));
    return transaction.commit();
  }

  Engine& engine_;
  fs::path path_;
  TableName table_;
  std::shared_ptr<duckdb::Attachment> attachment_;
  std::unique_ptr<EngineConnection> connection_;
  InsertTerms inserted_;  // empty where there is no table yet
};

}  // namespace

Result<std::unique_ptr<FollowTarget>> follow_duckdb(const TargetSetting& setting) {
  return std::make_unique<DuckdbTarget>(setting);
}

}  // namespace sluice::follow
