#include "endpoint/delta/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/delta/data_file.h"
#include "endpoint/delta/make_target.h"
#include "endpoint/delta/run.h"
#include "endpoint/engine_error.h"
#include "endpoint/reach_files.h"
#include "engine/digest_tap.h"
#include "format/delta/log_path.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

class DeltaWriteSession final : public WriteSession {
 public:
  explicit DeltaWriteSession(DeltaRun run) : run_(std::move(run)) {}

  // What would make the run fail is said before anything is made.
  Status prepare(const TargetPlan& plan) override {
    if (run_.ledger->is_published()) return {};
    TRY(check_access_wish(!plan.access.empty(), run_.root.native()));
    TRY(check_mirror(plan));
    TRY_ASSIGN(run_.access, FileAccess::resolve(plan.access));
    std::map<std::string, DeltaTarget> found;
    for (const TargetTable& table : plan.tables) {
      if (run_.ledger->last("old", ledger_key(table))) continue;
      TRY_ASSIGN(found[ledger_key(table)], make_target(run_, table));
    }
    TRY(make_run_folder());
    for (const TargetTable& table : plan.tables) {
      const auto target = found.find(ledger_key(table));
      if (target != found.end()) TRY(record_target(run_, table, target->second));
    }
    return sync_file(run_.staging());
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
      return fail(
          Error(ErrorKind::kConflict, fmt::format("table \"{}\": chunk {} has landed already",
                                                  job.table->name.display(), job.chunk))
              .about(job.table->name.display()));
    }
    auto receipt = copy_chunk(job, connection);
    if (receipt) return receipt;
    return fail(refine_engine_error(receipt.error(), run_.root));
  }

  Status discard_table(const TargetTable& table) override {
    const std::string key = ledger_key(table);
    TRY_ASSIGN(const DeltaTarget target, target_of(run_, table));
    TRY_ASSIGN(const std::vector<AddFile> files, landed_files(*run_.ledger, key));
    TRY(run_.ledger->append({{"kind", "discard"}, {"table", key}}));
    for (const AddFile& file : files) {
      TRY_ASSIGN(const std::string path, file_path(target.folder.string(), file.path));
      TRY(run_.files().remove(path));
    }
    return {};
  }

  Status finish(const TargetTable&) override { return {}; }  // Delta enforces no keys

  TableName staged_name(const TargetTable& table) const override {
    return {run_.staging().filename().string(), ledger_key(table)};
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
  // What is in the catalog alone is put into the log by whoever comes next.
  Status check_mirror(const TargetPlan& plan) const {
    if (plan.access.empty() || !run_.catalog) return {};
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("{}: commits come into the logs out of the catalog {}, whose they "
                          "are then is not kept there",
                          run_.location.display(), run_.catalog->display()))
            .about(run_.location.display())
            .code("access")
            .advise("leave --owner, --file-mode and --dir-mode away, or catalog="));
  }

  // Until the ledger's first line is there nothing else of the run is.
  Status make_run_folder() {
    if (!run_.files().is_local()) return {};
    const bool is_new = !run_.ledger->exists();
    std::vector<std::string> missing;
    std::error_code code;
    for (fs::path path = run_.root; is_new && !path.empty() && !fs::exists(path, code);
         path = path.parent_path()) {
      missing.insert(missing.begin(), path.string());
    }
    TRY(make_folders(run_.staging(), run_.access));
    for (const std::string& path : missing) {
      TRY(run_.ledger->append({{"kind", "folder"}, {"path", path}}));
    }
    return sync_file(run_.root);
  }

  Result<const DeltaTarget*> prepared(const TargetTable& table) {
    const std::lock_guard lock(mutex_);
    const auto known = targets_.find(ledger_key(table));
    if (known != targets_.end()) return &known->second;
    TRY_ASSIGN(DeltaTarget target, target_of(run_, table));
    return &targets_.emplace(ledger_key(table), std::move(target)).first->second;
  }

  Result<ChunkReceipt> copy_chunk(const ChunkJob& job, EngineConnection& connection) {
    TRY_ASSIGN(const DeltaTarget* const target, prepared(*job.table));
    const std::string key = ledger_key(*job.table);
    std::vector<std::string> columns;
    for (const TargetColumn& column : job.table->columns) columns.push_back(column.name);
    DigestTap tap(job.rows_done);
    FileWriting writing{
        run_.id, job.table->name.display(), &target->schema, {}, &run_.files(), &run_.access, &tap};
    for (const SortField& field : job.table->sort) {
      writing.order.push_back(quote_identifier(field.column) + (field.descending ? " DESC" : "") +
                              " NULLS LAST");
    }
    const std::string stem = fmt::format("{}{:06}", file_stem(run_.id), job.chunk);
    const auto place = std::find_if(run_.plan->tables.begin(), run_.plan->tables.end(),
                                    [&](const TargetTable& t) { return ledger_key(t) == key; });
    const fs::path scratch =
        run_.staging() / fmt::format("chunk-{}-{}", place - run_.plan->tables.begin(), job.chunk);
    TRY_ASSIGN(const auto files, write_data_files(connection, tap.wrap(job.select_sql, columns),
                                                  writing, target->folder, stem, scratch));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    for (const AddFile& file : files) receipt.bytes += static_cast<std::uint64_t>(file.bytes);
    TRY(run_.ledger->append({{"kind", "chunk"},
                             {"table", key},
                             {"chunk", job.chunk},
                             {"rows", receipt.digest.rows},
                             {"digest", receipt.digest.hex()},
                             {"bytes", receipt.bytes},
                             {"files", files_text(files)}}));
    return receipt;
  }

  DeltaRun run_;
  std::mutex mutex_;
  std::map<std::string, DeltaTarget> targets_;  // by ledger key; read once
};

}  // namespace

Result<std::unique_ptr<WriteSession>> write_tables(const Location& location, Engine& engine,
                                                   const std::string& run, const TargetPlan& plan) {
  DeltaRun state;
  state.engine = &engine;
  state.location = location;
  state.root = root_of(location);
  TRY(reach_files(location.path, location, engine));
  TRY_ASSIGN(state.catalog, TableCatalog::open(location));
  if (state.catalog) TRY(state.catalog->finish_others(engine));
  state.id = run;
  state.plan = &plan;
  state.access = FileAccess::resolve(plan.access).value_or(FileAccess());
  state.ledger = std::make_unique<FileLedger>(state.staging() / FileLedger::kName, state.files());
  TRY(state.ledger->load());
  return std::make_unique<DeltaWriteSession>(std::move(state));
}

}  // namespace sluice::delta
