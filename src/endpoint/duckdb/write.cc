#include "endpoint/duckdb/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/duckdb/add_rows.h"
#include "endpoint/duckdb/ddl.h"
#include "endpoint/duckdb/inspect.h"
#include "endpoint/duckdb/run.h"
#include "endpoint/duckdb/transaction.h"
#include "endpoint/engine_error.h"
#include "endpoint/sql_names.h"
#include "engine/digest_tap.h"

namespace sluice::duckdb {
namespace {

namespace fs = std::filesystem;

std::string ledger_object(const TargetTable& table) { return with_schema(table.name).quoted(); }

std::vector<std::string> column_names(const TargetTable& table) {
  std::vector<std::string> names;
  for (const TargetColumn& column : table.columns) names.push_back(column.name);
  return names;
}

Error table_error(ErrorKind kind, const TargetTable& table, const std::string& what) {
  return Error(kind, fmt::format("table \"{}\": {}", table.name.display(), what))
      .about(table.name.display());
}

Status check_old(const TargetPlan& plan, const TargetTable& table, const DuckdbCatalog& catalog) {
  const Table* old = catalog.find(with_schema(table.name));
  if (old == nullptr) return {};
  if (table.if_exists == IfExists::kFail) {
    return fail(table_error(ErrorKind::kExists, table, "is in the target already")
                    .advise("choose --if-exists replace, append or merge"));
  }
  const bool adds = table.if_exists != IfExists::kReplace;
  if (old->is_view && adds) {
    return fail(table_error(ErrorKind::kInvalid, table, "is a view in the target"));
  }
  for (const Table& other : catalog.tables) {
    for (const ForeignKey& key : other.foreign_keys) {
      if (!same_name(key.target, old->name)) continue;
      const bool planned = std::any_of(plan.tables.begin(), plan.tables.end(), [&](const auto& t) {
        return same_name(t.name, other.name);
      });
      if (!planned) {
        return fail(table_error(
            ErrorKind::kConflict, table,
            fmt::format("\"{}\" refers to it by a foreign key and is not part of the plan; DuckDB "
                        "cannot replace it alone, nor take added rows back",
                        other.name.display())));
      }
    }
  }
  return adds ? check_continuation(table, *old) : Status();
}

Status check_foreign_keys(const TargetPlan& plan, const TargetTable& table,
                          const DuckdbCatalog& catalog) {
  for (const ForeignKey& key : table.foreign_keys) {
    if (to_lower(with_schema(key.target).schema) != to_lower(with_schema(table.name).schema)) {
      return fail(table_error(ErrorKind::kUnsupported, table,
                              fmt::format("its foreign key to \"{}\" crosses schemas, which DuckDB "
                                          "does not have",
                                          key.target.display())));
    }
    const bool planned = std::any_of(plan.tables.begin(), plan.tables.end(),
                                     [&](const auto& t) { return same_name(t.name, key.target); });
    if (!planned && catalog.find(key.target) == nullptr) {
      return fail(table_error(ErrorKind::kInvalid, table,
                              fmt::format("its foreign key's table \"{}\" is neither in the target "
                                          "nor in the plan",
                                          key.target.display())));
    }
  }
  return {};
}

class DuckdbWriteSession : public WriteSession {
 public:
  explicit DuckdbWriteSession(DuckdbRun run) : run_(std::move(run)) {}

  Status open() {
    if (!run_.attachment->exists()) return {};
    TRY(run_.attachment->make_writable());
    TRY_ASSIGN(run_.connection, run_.attachment->connect());
    return {};
  }

  Status prepare(const TargetPlan& plan) override {
    TRY(foreign_key_order(plan.tables));
    if (!run_.connection) TRY(create_file());
    return refined(prepare_tables(plan));
  }

  Result<std::vector<Landed>> landed() override {
    std::vector<Landed> out(run_.plan->tables.size());
    TRY_ASSIGN(const bool known, has_ledger());
    if (!known) return out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      TRY_ASSIGN(out[i], run_.ledger.landed(*run_.connection, ledger_object(run_.plan->tables[i])));
    }
    return out;
  }

  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    auto receipt = copy_chunk(job, connection);
    if (!receipt) return fail(refined_error(receipt.error()));
    return receipt;
  }

  Status discard_table(const TargetTable& table) override {
    const TableName staging = staging_table(run_.id, table.name);
    Transaction transaction(*run_.connection);
    TRY(transaction.begin());
    TRY(run_.connection->execute("DROP TABLE IF EXISTS " + staging.quoted()));
    TRY(run_.connection->execute(create_table_sql(table, staging, false, {})));
    TRY(run_.connection->execute(run_.ledger.remove_chunks_sql(ledger_object(table))));
    return refined(transaction.commit());
  }

  Status finish(const TargetTable&) override { return {}; }  // keys are enforced from the first row

  TableName staged_name(const TargetTable& table) const override {
    return staging_table(run_.id, table.name);
  }

  Status publish() override {
    if (!run_.connection) return fail(ErrorKind::kInternal, "publish before prepare");
    TRY(run_.attachment->check_in_place());
    TRY(refined(publish_run(run_)));
    return run_.attachment->check_in_place();
  }

  Result<PublishState> publish_state() override {
    TRY_ASSIGN(const bool known, has_ledger());
    if (!known) return PublishState::kNotPublished;
    TRY(run_.attachment->check_in_place());
    TRY_ASSIGN(const auto marker, run_.ledger.find(*run_.connection, "publish", ""));
    return marker ? PublishState::kPublished : PublishState::kNotPublished;
  }

  Result<Steps> rollback(bool dry_run) override { return rollback_run(run_, dry_run); }
  Result<Steps> forget() override { return forget_run(run_); }

 private:
  Status refined(Status status) const {
    if (status) return status;
    return fail(refined_error(status.error()));
  }

  // A file that was removed fails in many ways, each of which says less than that.
  Error refined_error(const Error& error) const {
    const Status in_place = run_.attachment->check_in_place();
    if (error.kind != ErrorKind::kCancelled && !in_place) return in_place.error();
    return refine_engine_error(error, run_.attachment->path());
  }

  Result<bool> has_ledger() const {
    if (!run_.connection) return false;
    return run_.ledger.exists(*run_.connection);
  }

  // The file appears under its name with the ledger in it, so that a rollback after a crash knows
  // that the run made it.
  Status create_file() {
    const fs::path path = run_.attachment->path();
    const fs::path staging = path.string() + "." + staging_prefix(run_.id);
    const std::string catalog = run_.attachment->catalog();
    std::error_code code;
    fs::remove(staging, code);
    fs::remove(staging.string() + ".wal", code);
    TRY_ASSIGN(const auto connection, run_.attachment->engine().connect());
    const auto clear = [&] {
      fs::remove(staging, code);
      fs::remove(staging.string() + ".wal", code);
    };
    TRY(refined(connection->execute(
        fmt::format("ATTACH {} AS {} (TYPE duckdb)", quote_literal(staging.string()), catalog))));
    Status made = connection->execute(run_.ledger.create_sql());
    if (made) made = connection->execute(run_.ledger.add_sql("file", "", ""));
    if (made) made = connection->execute("CHECKPOINT " + catalog);
    const Status detached = connection->execute("DETACH " + catalog);
    if (!made || !detached) clear();
    TRY(refined(made));
    TRY(detached);
    TRY(sync_file(staging));
    TRY(rename_durably(staging, path));
    TRY(run_.attachment->make_writable());
    TRY_ASSIGN(run_.connection, run_.attachment->connect());
    return {};
  }

  Status prepare_tables(const TargetPlan& plan) {
    TRY_ASSIGN(const PublishState state, publish_state());
    if (state == PublishState::kPublished) return {};
    TRY_ASSIGN(const DuckdbCatalog catalog,
               inspect_duckdb(*run_.connection, run_.attachment->catalog(), true));
    Transaction transaction(*run_.connection);
    TRY(transaction.begin());
    TRY(run_.connection->execute(run_.ledger.create_sql()));
    for (const TargetTable& table : plan.tables) TRY(prepare_table(plan, table, catalog));
    return transaction.commit();
  }

  Status prepare_table(const TargetPlan& plan, const TargetTable& table,
                       const DuckdbCatalog& catalog) {
    EngineConnection& connection = *run_.connection;
    const std::string object = ledger_object(table);
    TRY_ASSIGN(const auto known, run_.ledger.find(connection, "old", object));
    if (!known) {
      TRY(check_old(plan, table, catalog));
      TRY(check_foreign_keys(plan, table, catalog));
      TRY_ASSIGN(const std::string old,
                 describe_old(connection, catalog.find(with_schema(table.name))));
      TRY(connection.execute(run_.ledger.add_sql("old", object, old)));
    }
    TRY(prepare_schema(with_schema(table.name).schema));
    return connection.execute(
        create_table_sql(table, staging_table(run_.id, table.name), false, {}));
  }

  Status prepare_schema(const std::string& schema) {
    TRY_ASSIGN(
        const auto found,
        run_.connection->rows(fmt::format(
            "SELECT 1 FROM duckdb_schemas() WHERE database_name = {} AND lower(schema_name) = "
            "lower({})",
            quote_literal(run_.attachment->catalog()), quote_literal(schema))));
    if (!found.empty()) return {};
    TRY(run_.connection->execute("CREATE SCHEMA " + quote_identifier(schema)));
    return run_.connection->execute(run_.ledger.add_sql("schema", schema, ""));
  }

  Result<ChunkReceipt> copy_chunk(const ChunkJob& job, EngineConnection& connection) {
    const std::string object = ledger_object(*job.table);
    const std::vector<std::string> columns = column_names(*job.table);
    DigestTap tap(job.rows_done);
    Transaction transaction(connection);
    TRY(transaction.begin());
    TRY_ASSIGN(const Landed before, run_.ledger.landed(connection, object));
    if (before.contains(job.chunk)) {
      return fail(table_error(ErrorKind::kConflict, *job.table,
                              fmt::format("chunk {} has landed already", job.chunk)));
    }
    TRY(connection.execute(
        fmt::format("INSERT INTO {} ({}) {}",
                    qualified(run_.attachment->catalog(), staging_table(run_.id, job.table->name)),
                    column_list(columns), tap.wrap(job.select_sql, columns))));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    receipt.bytes = tap.bytes();
    TRY(connection.execute(run_.ledger.add_chunk_sql(object, job.chunk, receipt.digest)));
    TRY(transaction.commit());
    return receipt;
  }

  DuckdbRun run_;
};

}  // namespace

Result<std::string> describe_old(EngineConnection& connection, const Table* old) {
  if (old == nullptr) return std::string();
  if (old->is_view) return nlohmann::json{{"ddl", old->view_sql}}.dump();
  TRY_ASSIGN(const auto rows, connection.value("SELECT count(*) FROM " + old->name.quoted()));
  return nlohmann::json{{"ddl", old->native_ddl}, {"rows", rows.value_or("0")}}.dump();
}

Result<std::unique_ptr<WriteSession>> write_duckdb(std::shared_ptr<Attachment> attachment,
                                                   const std::string& run, const TargetPlan& plan) {
  Ledger ledger(*attachment, run);
  auto session = std::make_unique<DuckdbWriteSession>(
      DuckdbRun{std::move(attachment), run, &plan, std::move(ledger), nullptr});
  TRY(session->open());
  return session;
}

}  // namespace sluice::duckdb
