#include "endpoint/ducklake/move_catalog.h"

#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/ducklake_endpoint.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/moved_catalogs.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/read.h"
#include "endpoint/engine_error.h"
#include "engine/digest_tap.h"
#include "lake_catalog/copy_catalog.h"
#include "lake_catalog/create_ducklake.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStagedCatalog = "catalog.sqlite";

// Runs `act` between begin_read() and the end of a database.
template <typename Act>
auto while_reading(CatalogDatabase& database, Act act) -> decltype(act()) {
  TRY(database.begin_read());
  auto result = act();
  database.end();
  return result;
}

Result<Id> newest_snapshot(CatalogDatabase& database) {
  return while_reading(database, [&]() -> Result<Id> {
    TRY_ASSIGN(const SnapshotRow newest, DuckLakeCatalog(database, "").snapshot_at({}));
    return newest.id;
  });
}

Error target_has_lake(const LakeRun& run) {
  return Error(ErrorKind::kExists, run.location.display() + " holds a lake already")
      .about(run.location.display())
      .advise("a catalog is moved to where none is; with another data_path its rows are copied");
}

// A copy of the source's catalog that nobody else writes to.
Result<Id> write_staged(CatalogDatabase& source, const fs::path& file, const std::string& data_path,
                        const CancelToken* cancel) {
  std::error_code code;
  fs::remove(file, code);
  TRY_ASSIGN(const auto staged, open_sqlite_catalog(file.string(), {true, cancel}));
  const auto copy = [&]() -> Result<Id> {
    TRY_ASSIGN(const SnapshotRow newest, DuckLakeCatalog(source, "").snapshot_at({}));
    TRY(staged->begin_write(kCommitWait));
    TRY(create_catalog_tables(*staged));
    TRY(copy_catalog(source, *staged, data_path));
    TRY(staged->commit());
    return newest.id;
  };
  auto snapshot = while_reading(source, copy);
  staged->end();
  return snapshot;
}

// Values of inlined rows are compared by the engine: databases spell them differently.
Status compare_inlined(LakeRun& run, CatalogDatabase& staged) {
  DuckLakeCatalog theirs(*run.database, "");
  TRY_ASSIGN(Lake ours, DuckLakeCatalog(staged, "").load({}));
  TRY_ASSIGN(Lake copy, theirs.load({ours.snapshot.id, ""}));
  TRY_ASSIGN(const auto connection, run.engine->connect());
  for (std::size_t t = 0; t < ours.tables.size(); ++t) {
    if (ours.tables[t].inlined.empty()) continue;
    TRY_ASSIGN(const InlinedRows one,
               read_inlined(staged, ours.tables[t], ours.snapshot.id, *run.engine));
    TRY_ASSIGN(const InlinedRows other,
               read_inlined(*run.database, copy.tables.at(t), ours.snapshot.id, *run.engine));
    if (one.selects.empty() && other.selects.empty()) continue;
    const std::string left = join(one.selects, " UNION ALL ");
    const std::string right = join(other.selects, " UNION ALL ");
    const auto differing = one.rows != other.rows
                               ? Result<std::optional<std::string>>("1")
                               : connection->value(fmt::format(
                                     "SELECT count(*) FROM (({}) EXCEPT ALL ({}))", left, right));
    for (const InlinedRows* rows : {&one, &other}) {
      for (const std::string& source : rows->sources) run.engine->remove_source(source);
    }
    TRY(differing);
    if (*differing == "0") continue;
    return fail(Error(ErrorKind::kMismatch,
                      fmt::format("table {}: rows that stand in the catalog differ in the copy",
                                  ours.tables[t].name.display()))
                    .about(ours.tables[t].name.display()));
  }
  return {};
}

class LakeMoveSession final : public WriteSession {
 public:
  explicit LakeMoveSession(LakeRun run) : run_(std::move(run)) {}

  Status prepare(const TargetPlan&) override {
    if (run_.ledger->is_published() || run_.database == nullptr) return {};
    TRY_ASSIGN(const PublishState state, publish_state());
    if (state == PublishState::kPublished) return {};
    return fail(target_has_lake(run_));
  }

  Result<std::vector<Landed>> landed() override { return landed_chunks(run_); }

  // Reads the rows, for their digest; they are where they will be already.
  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    std::vector<std::string> columns;
    for (const TargetColumn& column : job.table->columns) columns.push_back(column.name);
    DigestTap tap(job.rows_done);
    const auto rows =
        connection.value("SELECT count(*) FROM (" + tap.wrap(job.select_sql, columns) + ")");
    if (!rows) return fail(refine_engine_error(rows.error(), run_.data_path));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    TRY(run_.ledger->append({{"kind", "chunk"},
                             {"table", ledger_key(*job.table)},
                             {"chunk", job.chunk},
                             {"rows", receipt.digest.rows},
                             {"digest", receipt.digest.hex()},
                             {"bytes", 0},
                             {"files", nlohmann::json::array()}}));
    return receipt;
  }

  Status discard_table(const TargetTable& table) override {
    return run_.ledger->append({{"kind", "discard"}, {"table", ledger_key(table)}});
  }
  Status finish(const TargetTable&) override { return {}; }
  TableName staged_name(const TargetTable& table) const override {
    return {run_.staging().filename().string(), ledger_key(table)};
  }

  Status publish() override;
  Result<PublishState> publish_state() override {
    TRY(run_.ledger->load());
    return publish_state_of(run_);
  }
  Result<Steps> rollback(bool dry_run) override;
  Result<Steps> forget() override;

 private:
  Result<Location> source_location() const {
    return parse_location(run_.ledger->last("move")->at("source").get<std::string>());
  }
  Status check_source() const;
  Status commit_all(CatalogDatabase& staged);
  Status check_alone() const;
  Status remove_staging() const;

  LakeRun run_;
};

// What the source got meanwhile would be nowhere.
Status LakeMoveSession::check_source() const {
  const nlohmann::json line = *run_.ledger->last("move");
  TRY_ASSIGN(const Location source, source_location());
  TRY_ASSIGN(const auto database,
             open_catalog(source, *run_.engine, {false, run_.engine->cancel_token()}));
  TRY_ASSIGN(const Id now, newest_snapshot(*database));
  const Id then = line.at("snapshot");
  if (now == then) return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("{} went from snapshot {} to {} while its catalog was moved",
                                source.display(), then, now))
                  .about(source.display())
                  .advise(fmt::format("stop its writers, `sluice rollback {}`, and migrate again",
                                      run_.id)));
}

Status LakeMoveSession::commit_all(CatalogDatabase& staged) {
  CatalogDatabase& database = *run_.database;
  TRY_ASSIGN(const bool is_taken, database.has_table("ducklake_snapshot"));
  if (is_taken) return fail(target_has_lake(run_));
  TRY(create_catalog_tables(database));
  TRY(copy_catalog(staged, database, run_.data_path));
  TRY(compare_catalogs(staged, database, run_.data_path));
  TRY(compare_inlined(run_, staged));
  TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(database));
  TRY(commit.finish("sluice", "sluice run " + run_.id + ": the catalog was moved here",
                    extra_info(run_.id, false)));
  crash_point();
  return database.commit();
}

Status LakeMoveSession::publish() {
  if (run_.ledger->is_published()) return {};
  TRY_ASSIGN(const PublishState before, publish_state_of(run_));
  if (before != PublishState::kPublished) {
    TRY(check_source());
    const CatalogOptions options{true, run_.engine->cancel_token()};
    TRY_ASSIGN(const auto staged,
               open_sqlite_catalog((run_.staging() / kStagedCatalog).string(), options));
    TRY(run_.ledger->append({{"kind", "lake"}, {"path", run_.location.path}}));
    crash_point();
    TRY_ASSIGN(const Location source, source_location());
    TRY(remember_move(run_.data_path, run_.id, source, run_.location));
    crash_point();
    TRY_ASSIGN(run_.database, open_catalog(run_.location, *run_.engine, options));
    TRY(run_.database->begin_write(kCommitWait));
    const Status done = while_reading(*staged, [&] { return commit_all(*staged); });
    run_.database->end();
    TRY(done);
  }
  crash_point();
  return run_.ledger->append({{"kind", "published"}});
}

// Whether nobody wrote to the lake by its new catalog.
Status LakeMoveSession::check_alone() const {
  TRY_ASSIGN(const Id newest, newest_snapshot(*run_.database));
  const Id ours = run_.ledger->last("move")->at("snapshot").get<Id>() + 1;
  if (newest == ours) return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("{} got {} snapshots since its catalog was moved there; without it "
                                "nothing would name their files",
                                run_.location.display(), newest - ours))
                  .about(run_.location.display())
                  .advise("`sluice forget` keeps the move; the way back is a migrate to a new "
                          "catalog"));
}

Status LakeMoveSession::remove_staging() const {
  std::error_code code;
  fs::remove(run_.staging() / kStagedCatalog, code);
  fs::remove_all(run_.staging(), code);
  if (code) return fail(errno_error(code.value(), "remove", run_.staging()));
  return {};
}

Result<Steps> LakeMoveSession::rollback(bool dry_run) {
  Steps steps;
  std::error_code code;
  if (!fs::exists(run_.staging(), code)) return steps;
  TRY_ASSIGN(const PublishState state, publish_state_of(run_));
  const bool is_published = state == PublishState::kPublished && run_.database != nullptr;
  if (is_published) {
    TRY(check_alone());
    steps.push_back(fmt::format("remove the catalog {}; the files stay, {} names them",
                                run_.location.display(),
                                run_.ledger->last("move")->at("source").get<std::string>()));
  }
  steps.push_back(fmt::format("remove \"{}\"", run_.staging().string()));
  if (dry_run) return steps;
  TRY(run_.ledger->append({{"kind", "rolling_back"}}));
  if (is_published) {
    TRY(run_.database->remove_lake());
    run_.database.reset();
    crash_point();
  }
  TRY(forget_move(run_.data_path, run_.id));
  crash_point();
  TRY(remove_staging());
  return steps;
}

Result<Steps> LakeMoveSession::forget() {
  TRY_ASSIGN(const PublishState state, publish_state_of(run_));
  if (state != PublishState::kPublished) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run_.id))
                    .advise(fmt::format("sluice rollback {}", run_.id)));
  }
  Steps steps = {fmt::format("remove \"{}\"", run_.staging().string())};
  TRY(remove_staging());
  return steps;
}

}  // namespace

bool is_move(const FileLedger& ledger) { return ledger.last("move").has_value(); }

std::unique_ptr<WriteSession> move_session(LakeRun run) {
  return std::make_unique<LakeMoveSession>(std::move(run));
}

Result<std::unique_ptr<ReadSession>> read_staged_catalog(const fs::path& folder, Engine& engine) {
  TRY_ASSIGN(const auto database, open_sqlite_catalog((folder / kStagedCatalog).string(),
                                                      {false, engine.cancel_token()}));
  return read_lake(*database, "", {}, engine);
}

}  // namespace sluice::ducklake

namespace sluice {

namespace fs = std::filesystem;

Result<std::string> lake_data_path(const Location& location, Engine& engine) {
  TRY_ASSIGN(const auto database,
             ducklake::open_lake(location, engine, {false, engine.cancel_token()}));
  if (database == nullptr) return std::string();
  return ducklake::known_data_path(*database, location);
}

Status stage_lake_catalog(const Location& source, const std::string& run, Engine& engine) {
  using namespace ducklake;
  TRY_ASSIGN(const auto database, open_catalog(source, engine, {false, engine.cancel_token()}));
  TRY_ASSIGN(const std::string data_path, known_data_path(*database, source));
  const fs::path folder = run_folder(data_path, run);
  FileLedger ledger(folder / FileLedger::kName);
  TRY(ledger.load());
  if (is_move(ledger)) return {};
  TRY(make_folders(folder));
  TRY_ASSIGN(const Id snapshot,
             write_staged(*database, folder / kStagedCatalog, data_path, engine.cancel_token()));
  crash_point();
  TRY(sync_file(folder / kStagedCatalog));
  Location absolute = source;
  if (!absolute.path.empty()) absolute.path = fs::absolute(absolute.path).lexically_normal();
  TRY(ledger.append({{"kind", "move"}, {"source", absolute.display()}, {"snapshot", snapshot}}));
  return sync_file(folder);
}

}  // namespace sluice
