#include "endpoint/iceberg/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/engine_error.h"
#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/lend_files.h"
#include "endpoint/iceberg/make_target.h"
#include "endpoint/iceberg/run.h"
#include "endpoint/sql_names.h"
#include "engine/digest_tap.h"
#include "lake_catalog/iceberg_files.h"

namespace sluice::iceberg {
namespace {

namespace fs = std::filesystem;

// Catalogs in SQL lend nothing.
Status lend(IcebergRun& run, const TargetTable& table, const IcebergTarget& target) {
  if (run.location.catalog != "rest") return {};
  if (target.lent) run.lent->put(target.before.location, *target.lent);
  return lend_files(run.catalog, catalog_name(table), target, *run.lent, *run.files);
}

// Of tables that an earlier process prepared.
Status lend_prepared(IcebergRun& run) {
  for (const TargetTable& table : run.plan->tables) {
    if (!run.ledger->last("old", ledger_key(table))) continue;
    TRY_ASSIGN(const IcebergTarget target, target_of(*run.ledger, ledger_key(table)));
    TRY(lend(run, table, target));
  }
  return {};
}

class IcebergWriteSession final : public WriteSession {
 public:
  explicit IcebergWriteSession(IcebergRun run) : run_(std::move(run)) {}

  // What would make the run fail is said before anything is made but the run's folder and
  // namespaces.
  Status prepare(const TargetPlan& plan) override {
    if (run_.ledger->is_published()) return {};
    TRY(make_run_folder());
    for (const TargetTable& table : plan.tables) {
      if (run_.ledger->last("old", ledger_key(table))) continue;
      TRY_ASSIGN(const IcebergTarget target, make_target(run_, table));
      TRY(record_target(run_, table, target));
      TRY(lend(run_, table, target));
    }
    return {};
  }

  Result<std::vector<Landed>> landed() override {
    std::vector<Landed> out;
    for (const TargetTable& table : run_.plan->tables) {
      out.push_back(run_.ledger->landed(ledger_key(table)));
    }
    return out;
  }

  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    if (run_.ledger->landed(ledger_key(*job.table)).contains(job.chunk)) {
      return fail(table_error(ErrorKind::kConflict, job.table->name,
                              fmt::format("chunk {} has landed already", job.chunk)));
    }
    auto receipt = copy_chunk(job, connection);
    if (receipt) return receipt;
    return fail(refine_engine_error(receipt.error(), folder_path(run_.folder)));
  }

  Status discard_table(const TargetTable& table) override {
    const std::string key = ledger_key(table);
    TRY_ASSIGN(const IcebergTarget* const target, prepared(table));
    const auto chunks = run_.ledger->chunks(key);
    TRY(run_.ledger->append({{"kind", "discard"}, {"table", key}}));
    for (const auto& [chunk, line] : chunks) {
      TRY(run_.files->remove_all(chunk_stem(*target, chunk)));
    }
    return {};
  }

  Status finish(const TargetTable&) override { return {}; }  // Iceberg enforces no keys

  TableName staged_name(const TargetTable& table) const override {
    return {run_.folder.substr(run_.folder.rfind('/') + 1), ledger_key(table)};
  }

  Status publish() override { return publish_tables(run_); }
  Result<PublishState> publish_state() override {
    TRY(run_.ledger->load());
    return publish_state_of(run_);
  }
  void drop_changes_of_others() override { run_.drops_others = true; }
  Result<Steps> rollback(bool dry_run) override { return roll_back_tables(run_, dry_run); }
  Result<Steps> forget() override { return forget_run(run_); }

 private:
  // Until the ledger's first line is there nothing else of the run is.
  Status make_run_folder() {
    const fs::path folder = local_path(run_.folder);
    if (folder.empty()) return {};
    const bool is_new = !run_.ledger->exists();
    std::vector<std::string> missing;
    std::error_code code;
    for (fs::path path = folder.parent_path(); is_new && !path.empty() && !fs::exists(path, code);
         path = path.parent_path()) {
      missing.insert(missing.begin(), path.string());
    }
    TRY(make_folders(folder));
    for (const std::string& path : missing) {
      TRY(run_.ledger->append({{"kind", "folder"}, {"path", path}}));
    }
    return sync_file(folder.parent_path());
  }

  Result<const IcebergTarget*> prepared(const TargetTable& table) {
    const std::lock_guard lock(mutex_);
    const auto known = targets_.find(ledger_key(table));
    if (known != targets_.end()) return &known->second;
    TRY_ASSIGN(IcebergTarget target, target_of(*run_.ledger, ledger_key(table)));
    return &targets_.emplace(ledger_key(table), std::move(target)).first->second;
  }

  std::string chunk_stem(const IcebergTarget& target, int chunk) const {
    return fmt::format("{}/{}{:09}", data_folder(target.after), file_stem(run_.id), chunk);
  }

  std::size_t place_in_plan(const std::string& key) const {
    const auto& tables = run_.plan->tables;
    const auto at = std::find_if(tables.begin(), tables.end(),
                                 [&](const TargetTable& t) { return ledger_key(t) == key; });
    return static_cast<std::size_t>(at - tables.begin());
  }

  Result<ChunkReceipt> copy_chunk(const ChunkJob& job, EngineConnection& connection) {
    TRY_ASSIGN(const IcebergTarget* const target, prepared(*job.table));
    const std::string key = ledger_key(*job.table);
    std::vector<std::string> columns;
    for (const TargetColumn& column : job.table->columns) columns.push_back(column.name);
    DigestTap tap(job.rows_done);
    FileWriting writing{
        run_.id, job.table->name.display(), &target->after, run_.files.get(), {}, false, &tap};
    for (const sluice::SortField& field : job.table->sort) {
      writing.order.push_back(quote_identifier(field.column) + (field.descending ? " DESC" : "") +
                              " NULLS LAST");
    }
    const std::string stem = chunk_stem(*target, job.chunk);
    TRY_ASSIGN(const auto files,
               write_data_files(connection, *run_.engine, tap.wrap(job.select_sql, columns),
                                writing, stem));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    for (const DataFile& file : files) receipt.bytes += static_cast<std::uint64_t>(file.file_size);
    std::string name;
    if (!files.empty()) {
      name = fmt::format("{}-{}.avro", place_in_plan(key), job.chunk);
      TRY(write_chunk_files(run_, *target, name, files));
    }
    TRY(run_.ledger->append({{"kind", "chunk"},
                             {"table", key},
                             {"chunk", job.chunk},
                             {"rows", receipt.digest.rows},
                             {"digest", receipt.digest.hex()},
                             {"bytes", receipt.bytes},
                             {"files", name}}));
    return receipt;
  }

  IcebergRun run_;
  std::mutex mutex_;
  std::map<std::string, IcebergTarget> targets_;  // by ledger key; read once
};

}  // namespace

Result<std::unique_ptr<WriteSession>> write_tables(const Location& location, Engine& engine,
                                                   const std::string& run, const TargetPlan& plan,
                                                   std::shared_ptr<LentKeys> lent) {
  IcebergRun state;
  state.lent = std::move(lent);
  state.engine = &engine;
  state.location = location;
  TRY_ASSIGN(state.folder, run_folder(location, run));
  TRY_ASSIGN(state.options, catalog_options(location, engine, true));
  TRY_ASSIGN(state.catalog, open_iceberg_catalog(location, state.options));
  state.id = run;
  state.plan = &plan;
  state.files = std::make_unique<LakeFiles>(state.options.s3, state.folder, state.options.cancel);
  TRY_ASSIGN(state.ledger, open_ledger(state.folder, location, engine));
  TRY(lend_prepared(state));
  return std::make_unique<IcebergWriteSession>(std::move(state));
}

}  // namespace sluice::iceberg
