#include "endpoint/parquet/write.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/bloom_filters.h"
#include "endpoint/both_zeros.h"
#include "endpoint/engine_error.h"
#include "endpoint/parquet/files.h"
#include "endpoint/parquet/read.h"
#include "endpoint/parquet/run.h"
#include "endpoint/sql_names.h"
#include "engine/digest_tap.h"

namespace sluice::parquet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileNameBytesMax = 240;  // 255, less the longest ending

Error table_error(ErrorKind kind, const TargetTable& table, const std::string& what) {
  return Error(kind, fmt::format("table \"{}\": {}", table.name.display(), what))
      .about(table.name.display());
}

Status check_name(const TargetTable& table) {
  const std::string stem = table_stem(table);
  const bool is_file_name = !stem.empty() && !stem.starts_with('.') && !stem.starts_with('_') &&
                            stem.find('/') == std::string::npos &&
                            stem.find('\0') == std::string::npos &&
                            stem.size() <= kFileNameBytesMax;
  if (is_file_name) return {};
  return fail(table_error(ErrorKind::kUnsupported, table,
                          fmt::format("\"{}\" cannot be the name of a file of a table", stem))
                  .advise("give it another name with --rename"));
}

// The engine carries JSON as text; its Parquet writer tells JSON from text by the type's name.
std::string say_json(const TargetTable& table, const std::string& sql) {
  std::vector<std::string> casts;
  for (const TargetColumn& column : table.columns) {
    if (column.type.kind != TypeKind::kJson) continue;
    casts.push_back(fmt::format("CAST({0} AS JSON) AS {0}", quote_identifier(column.name)));
  }
  if (casts.empty()) return sql;
  return fmt::format("SELECT * REPLACE ({}) FROM ({})", join(casts, ", "), sql);
}

class ParquetWriteSession : public WriteSession {
 public:
  ParquetWriteSession(const fs::path& folder, Engine& engine, const std::string& run,
                      const TargetPlan& plan)
      : run_{folder, &engine, run, &plan,
             FileLedger(folder / ("." + staging_prefix(run)) / FileLedger::kName)} {}

  Status open() {
    // prepare() says what is wrong with it; a rollback by somebody else goes on without.
    run_.access = FileAccess::resolve(run_.plan->access).value_or(FileAccess());
    return run_.ledger.load();
  }

  Status prepare(const TargetPlan& plan) override {
    if (run_.ledger.is_published()) return {};
    TRY_ASSIGN(run_.access, FileAccess::resolve(plan.access));
    for (const TargetTable& table : plan.tables) TRY(check_name(table));
    for (const TargetTable& table : plan.tables) TRY(check_old(table));
    TRY(make_run_folder());
    for (const TargetTable& table : plan.tables) {
      if (!run_.ledger.old_stamp(table_stem(table))) {
        TRY_ASSIGN(const std::string stamp, stamp_of_old(run_, table));
        TRY(run_.ledger.append({{"kind", "old"}, {"table", table_stem(table)}, {"stamp", stamp}}));
      }
      TRY(make_folders(chunk_file(run_, table, 0).parent_path(), run_.access));
    }
    return sync_file(run_.staging());
  }

  Result<std::vector<Landed>> landed() override {
    std::vector<Landed> out;
    for (const TargetTable& table : run_.plan->tables) {
      out.push_back(run_.ledger.landed(table_stem(table)));
    }
    return out;
  }

  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    if (run_.ledger.landed(table_stem(*job.table)).contains(job.chunk)) {
      return fail(table_error(ErrorKind::kConflict, *job.table,
                              fmt::format("chunk {} has landed already", job.chunk)));
    }
    const fs::path file = chunk_file(run_, *job.table, job.chunk);
    const fs::path unfinished = file.string() + ".tmp";
    auto receipt = copy_chunk(job, connection, unfinished, file);
    if (receipt) return receipt;
    std::error_code code;
    fs::remove(unfinished, code);
    return fail(refine_engine_error(receipt.error(), run_.folder));
  }

  Status discard_table(const TargetTable& table) override {
    TRY(run_.ledger.append({{"kind", "discard"}, {"table", table_stem(table)}}));
    const fs::path folder = chunk_file(run_, table, 0).parent_path();
    TRY(remove_tree(folder));
    return make_folders(folder, run_.access);
  }

  Status finish(const TargetTable&) override { return {}; }  // Parquet enforces no keys

  TableName staged_name(const TargetTable& table) const override {
    return {"", (run_.staging().filename() / table_stem(table)).string()};
  }

  Status publish() override {
    const Status done = publish_files(run_);
    if (!done) return fail(refine_engine_error(done.error(), run_.folder));
    return {};
  }
  Result<PublishState> publish_state() override {
    TRY(run_.ledger.load());
    return run_.ledger.is_published() ? PublishState::kPublished : PublishState::kNotPublished;
  }
  Result<Steps> rollback(bool dry_run) override { return rollback_files(run_, dry_run); }
  Result<Steps> forget() override { return forget_files(run_); }

 private:
  Status check_old(const TargetTable& table) const {
    if (run_.ledger.old_stamp(table_stem(table))) return {};
    TRY_ASSIGN(const std::string stamp, stamp_of_old(run_, table));
    if (stamp.empty()) return {};
    if (table.if_exists == IfExists::kFail) {
      return fail(table_error(ErrorKind::kExists, table, "is in the target already")
                      .advise("choose --if-exists replace, append or merge"));
    }
    if (table.if_exists == IfExists::kReplace) return {};
    return check_same_columns(table);
  }

  Status check_same_columns(const TargetTable& table) const {
    TRY_ASSIGN(const ParquetFiles old, find_table(run_.folder, table_stem(table)));
    if (old.is_hive) {
      return fail(table_error(ErrorKind::kUnsupported, table,
                              "has columns in the names of folders; nothing can be added to it"));
    }
    for (const fs::path& file : old.files) TRY(check_whole(file));
    TRY_ASSIGN(const auto connection, run_.engine->connect());
    TRY_ASSIGN(const auto columns,
               connection->describe("SELECT * FROM " + scan_sql(old.list_sql(), false, "")));
    for (const TargetColumn& column : table.columns) {
      const auto at = std::find_if(columns.begin(), columns.end(),
                                   [&](const ResultColumn& c) { return c.name == column.name; });
      if (at == columns.end() || at->type != column.type) {
        return fail(table_error(
            ErrorKind::kInvalid, table,
            fmt::format("column \"{}\" is {} in the target, {} in the source", column.name,
                        at == columns.end() ? "missing" : to_string(at->type),
                        to_string(column.type))));
      }
    }
    if (columns.size() == table.columns.size()) return {};
    return fail(table_error(ErrorKind::kInvalid, table,
                            fmt::format("the target has {} columns, the source has {}",
                                        columns.size(), table.columns.size())));
  }

  // Makes the run's folder and those above it; the ledger remembers which, outermost first. Until
  // its first line is there nothing else of the run is.
  Status make_run_folder() {
    std::vector<std::string> missing;
    std::error_code code;
    for (fs::path path = run_.folder; !path.empty() && !fs::exists(path, code);
         path = path.parent_path()) {
      missing.insert(missing.begin(), path.string());
    }
    TRY(make_folders(run_.staging(), run_.access));
    for (const std::string& path : missing) {
      TRY(run_.ledger.append({{"kind", "folder"}, {"path", path}}));
    }
    return sync_file(run_.folder);
  }

  Result<ChunkReceipt> copy_chunk(const ChunkJob& job, EngineConnection& connection,
                                  const fs::path& unfinished, const fs::path& file) {
    std::vector<std::string> columns;
    for (const TargetColumn& column : job.table->columns) columns.push_back(column.name);
    DigestTap tap(job.rows_done);
    const std::string rows = say_json(*job.table, tap.wrap(job.select_sql, columns));
    TRY(copy_both_zeros(&tap, [&](std::string_view options) {
      return connection.execute(fmt::format("COPY ({}) TO {} ({}{})", rows,
                                            quote_literal(unfinished.string()),
                                            copy_options(run_, *job.table), options));
    }));
    TRY(run_.access.give_file(unfinished));
    TRY(sync_file(unfinished));
    TRY(rename_durably(unfinished, file));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    std::error_code code;
    receipt.bytes = fs::file_size(file, code);
    TRY(run_.ledger.append({{"kind", "chunk"},
                            {"table", table_stem(*job.table)},
                            {"chunk", job.chunk},
                            {"rows", receipt.digest.rows},
                            {"digest", receipt.digest.hex()},
                            {"bytes", receipt.bytes}}));
    return receipt;
  }

  ParquetRun run_;
};

}  // namespace

fs::path ParquetRun::staging() const { return folder / ("." + staging_prefix(id)); }
fs::path ParquetRun::kept() const { return folder / ("." + kept_prefix(id)); }

std::string table_stem(const TargetTable& table) {
  const std::string& schema = table.name.schema;
  if (schema.empty() || schema == "main" || schema == "public") return table.name.name;
  return schema + "." + table.name.name;
}

fs::path chunk_file(const ParquetRun& run, const TargetTable& table, int chunk) {
  return run.staging() / table_stem(table) / fmt::format("chunk-{:06}{}", chunk, kStagedEnding);
}

std::string copy_options(const ParquetRun& run, const TargetTable& table) {
  return fmt::format("FORMAT parquet, COMPRESSION zstd, KV_METADATA {{sluice_run: {}}}{}",
                     quote_literal(run.id), bloom_filter_option(table.columns));
}

Result<std::string> stamp_of_old(const ParquetRun& run, const TargetTable& table) {
  const auto old = find_table(run.folder, table_stem(table));
  if (old) return stamp_of(*old);
  if (old.error().kind == ErrorKind::kNotFound) return std::string();
  return fail(old.error());
}

Result<std::unique_ptr<WriteSession>> write_parquet(const fs::path& folder, Engine& engine,
                                                    const std::string& run,
                                                    const TargetPlan& plan) {
  auto session = std::make_unique<ParquetWriteSession>(folder, engine, run, plan);
  TRY(session->open());
  return session;
}

}  // namespace sluice::parquet
