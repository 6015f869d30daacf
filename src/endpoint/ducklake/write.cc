#include "endpoint/ducklake/write.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/move_catalog.h"
#include "endpoint/ducklake/moved_catalogs.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/partition.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/engine_error.h"
#include "endpoint/reach_files.h"
#include "endpoint/sql_names.h"
#include "engine/digest_tap.h"
#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

Error table_error(ErrorKind kind, const TargetTable& table, const std::string& what) {
  return Error(kind, fmt::format("table \"{}\": {}", table.name.display(), what))
      .about(table.name.display());
}

std::vector<NewColumn> new_columns(const TargetTable& table) {
  std::vector<NewColumn> out;
  for (const TargetColumn& column : table.columns) {
    out.push_back({column.name, column.type, column.nullable});
  }
  return out;
}

// The columns of a table that is there, in the plan's order and under the plan's names.
Result<std::vector<LakeColumn>> matching_columns(const TargetTable& table, const LakeTable& old) {
  std::vector<LakeColumn> out;
  for (const TargetColumn& column : table.columns) {
    const auto at = std::find_if(
        old.columns.begin(), old.columns.end(),
        [&](const LakeColumn& lake) { return to_lower(lake.row.name) == to_lower(column.name); });
    if (at == old.columns.end() || at->type != column.type) {
      return fail(table_error(
          ErrorKind::kInvalid, table,
          fmt::format("column \"{}\" is {} in the target, {} in the source", column.name,
                      at == old.columns.end() ? "missing" : to_string(at->type),
                      to_string(column.type))));
    }
    out.push_back(*at);
    out.back().row.name = column.name;
  }
  if (out.size() == old.columns.size()) return out;
  return fail(table_error(
      ErrorKind::kInvalid, table,
      fmt::format("the target has {} columns, the source has {}", old.columns.size(), out.size())));
}

class LakeWriteSession final : public WriteSession {
 public:
  explicit LakeWriteSession(LakeRun run) : run_(std::move(run)) {}

  Status prepare(const TargetPlan& plan) override {
    if (run_.ledger->is_published()) return {};
    TRY(check_access_wish(!plan.access.empty(), run_.data_path));
    TRY_ASSIGN(run_.access, FileAccess::resolve(plan.access));
    if (run_.database != nullptr) {
      TRY(check_data_path_of_files(*run_.database, run_.data_path));
      TRY(check_not_moved(run_.data_path, run_.location));
      TRY(check_old(plan));
    }
    TRY(make_run_folder());
    if (run_.database == nullptr) TRY(make_lake());
    TRY(give_catalog_of(run_));
    TRY_ASSIGN(const Lake lake, load());
    for (const TargetTable& table : plan.tables) {
      if (run_.ledger->last("old", ledger_key(table))) continue;
      TRY(record_old(table, lake));
    }
    return sync_file(run_.staging());
  }

  Result<std::vector<Landed>> landed() override { return landed_chunks(run_); }

  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    if (run_.ledger->landed(ledger_key(*job.table)).contains(job.chunk)) {
      return fail(table_error(ErrorKind::kConflict, *job.table,
                              fmt::format("chunk {} has landed already", job.chunk)));
    }
    auto receipt = copy_chunk(job, connection);
    if (receipt) return receipt;
    return fail(refine_engine_error(receipt.error(), run_.data_path));
  }

  Status discard_table(const TargetTable& table) override {
    TRY_ASSIGN(const LakeTarget target, target_of(run_, table));
    const std::vector<NewDataFile> files = landed_files(*run_.ledger, ledger_key(table));
    TRY(run_.ledger->append({{"kind", "discard"}, {"table", ledger_key(table)}}));
    for (const NewDataFile& file : files) {
      TRY(run_.files().remove((target.folder / file.path).string()));
    }
    return {};
  }

  Status finish(const TargetTable&) override { return {}; }  // a lake enforces no keys

  TableName staged_name(const TargetTable& table) const override {
    return {run_.staging().filename().string(), ledger_key(table)};
  }

  Status publish() override { return publish_lake(run_); }
  Result<PublishState> publish_state() override {
    TRY(run_.ledger->load());
    return publish_state_of(run_);
  }
  Result<Steps> rollback(bool dry_run) override { return rollback_lake(run_, dry_run); }
  Result<Steps> forget() override { return forget_lake(run_); }

 private:
  Result<Lake> load() {
    TRY(run_.database->begin_read());
    auto lake = DuckLakeCatalog(*run_.database, "").load({});
    run_.database->end();
    return lake;
  }

  // What would make the run fail is said before anything is made.
  Status check_old(const TargetPlan& plan) {
    TRY_ASSIGN(const Lake lake, load());
    for (const TargetTable& table : plan.tables) {
      if (run_.ledger->last("old", ledger_key(table))) continue;
      TRY(check_view(table, lake));
      const LakeTable* const old = find(lake, table);
      if (old == nullptr || table.if_exists == IfExists::kReplace) continue;
      if (table.if_exists == IfExists::kFail) {
        return fail(table_error(ErrorKind::kExists, table, "is in the target already")
                        .advise("choose --if-exists replace, append or merge"));
      }
      TRY_ASSIGN(const auto columns, matching_columns(table, *old));
    }
    return {};
  }

  static Status check_view(const TargetTable& table, const Lake& lake) {
    const TableName name = lake_name(table);
    for (const LakeView& view : lake.views) {
      if (to_lower(view.name.schema) != to_lower(name.schema) ||
          to_lower(view.name.name) != to_lower(name.name)) {
        continue;
      }
      return fail(table_error(ErrorKind::kExists, table, "is a view in the target")
                      .advise("give the table another name with --rename"));
    }
    return {};
  }

  static const LakeTable* find(const Lake& lake, const TargetTable& table) {
    const TableName name = lake_name(table);
    const auto at =
        std::find_if(lake.tables.begin(), lake.tables.end(), [&](const LakeTable& other) {
          return to_lower(other.name.schema) == to_lower(name.schema) &&
                 to_lower(other.name.name) == to_lower(name.name);
        });
    return at == lake.tables.end() ? nullptr : &*at;
  }

  // Makes the run's folder and those above it; the ledger remembers which, outermost first. Until
  // its first line is there nothing else of the run is.
  Status make_run_folder() {
    if (!run_.files().is_local()) return {};
    const bool is_new = !run_.ledger->exists();
    std::vector<std::string> missing;
    std::error_code code;
    for (fs::path path = fs::path(run_.data_path).parent_path();
         is_new && !path.empty() && !fs::exists(path, code); path = path.parent_path()) {
      missing.insert(missing.begin(), path.string());
    }
    TRY(make_folders(run_.staging(), run_.access));
    for (const std::string& path : missing) {
      TRY(run_.ledger->append({{"kind", "folder"}, {"path", path}}));
    }
    return sync_file(run_.staging().parent_path());
  }

  // Somebody else may make it meanwhile, which is as good.
  Status make_lake() {
    TRY(run_.ledger->append({{"kind", "lake"}, {"path", run_.location.path}}));
    TRY_ASSIGN(run_.database,
               open_catalog(run_.location, *run_.engine, {true, run_.engine->cancel_token()}));
    TRY(run_.database->begin_write(kCommitWait));
    const auto make = [&]() -> Status {
      TRY_ASSIGN(const bool found, run_.database->has_table("ducklake_snapshot"));
      if (found) return {};
      TRY(create_lake(*run_.database, run_.data_path));
      return run_.database->commit();
    };
    const Status made = make();
    run_.database->end();
    return made;
  }

  Status record_old(const TargetTable& table, const Lake& lake) {
    nlohmann::json line = {{"kind", "old"},
                           {"table", ledger_key(table)},
                           {"snapshot", lake.snapshot.id},
                           {"uuid", new_uuid()}};
    const LakeTable* const old = find(lake, table);
    if (old != nullptr) line["id"] = old->row.id;
    if (old != nullptr && table.if_exists != IfExists::kReplace) {
      line["folder"] = old->folder;
      return run_.ledger->append(line);
    }
    const TableName name = lake_name(table);
    std::string& schema_uuid = schema_uuids_[to_lower(name.schema)];
    if (schema_uuid.empty()) schema_uuid = new_uuid();
    line["schema_uuid"] = schema_uuid;
    std::string schema = resolve_path(lake.data_path, folder_for(name.schema, schema_uuid), true);
    for (const SchemaRow& row : lake.schemas) {
      if (to_lower(row.name) != to_lower(name.schema)) continue;
      schema = resolve_path(lake.data_path, row.path, row.path_is_relative);
    }
    line["folder"] =
        resolve_path(schema, folder_for(name.name, line["uuid"].get<std::string>()), true);
    return run_.ledger->append(line);
  }

  // The numbers of the columns, which the files carry: those of the table that is added to.
  Result<std::vector<LakeColumn>> columns_of(const TargetTable& table, const LakeTarget& target) {
    if (target.table && table.if_exists != IfExists::kReplace) {
      TRY_ASSIGN(const Lake lake, load());
      const LakeTable* const old = find(lake, table);
      if (old != nullptr && old->row.id == *target.table) return matching_columns(table, *old);
      return fail(table_error(ErrorKind::kConflict, table, "was replaced while the run went on"));
    }
    TRY_ASSIGN(const auto rows, column_rows(new_columns(table), 0, 0));
    return column_tree(rows, table.name.display());
  }

  // A new table's is the plan's, that of a table that is added to its own.
  Result<std::vector<std::string>> partition_of(const TargetTable& table,
                                                const LakeTarget& target) {
    if (target.table && table.if_exists != IfExists::kReplace) {
      TRY(run_.database->begin_read());
      const auto own = read_partition(*run_.database, *target.table, target.columns);
      run_.database->end();
      if (!own) return fail(own.error());
      return own->terms;
    }
    std::vector<std::string> out;
    for (const PartitionField& field : table.partition) {
      const auto column =
          std::find_if(table.columns.begin(), table.columns.end(),
                       [&](const TargetColumn& other) { return other.name == field.column; });
      if (column != table.columns.end()) {
        out.push_back(partition_term(field.transform, field.column, column->type));
      }
    }
    return out;
  }

  Result<const LakeTarget*> prepared(const TargetTable& table) {
    const std::lock_guard lock(mutex_);
    const std::string key = ledger_key(table);
    const auto known = targets_.find(key);
    if (known != targets_.end()) return &known->second;
    TRY_ASSIGN(LakeTarget target, target_of(run_, table));
    TRY_ASSIGN(target.columns, columns_of(table, target));
    TRY_ASSIGN(target.partition, partition_of(table, target));
    return &targets_.emplace(key, std::move(target)).first->second;
  }

  Result<ChunkReceipt> copy_chunk(const ChunkJob& job, EngineConnection& connection) {
    TRY_ASSIGN(const LakeTarget* const target, prepared(*job.table));
    std::vector<std::string> columns;
    for (const TargetColumn& column : job.table->columns) columns.push_back(column.name);
    DigestTap tap(job.rows_done);
    FileWriting writing{run_.id, &target->columns, target->partition, {}, &run_.access};
    writing.files = &run_.files();
    writing.tap = &tap;
    for (const SortField& field : job.table->sort) {
      writing.order.push_back(quote_identifier(field.column) + (field.descending ? " DESC" : "") +
                              " NULLS LAST");
    }
    const std::string stem = fmt::format("{}-{:06}", staging_prefix(run_.id), job.chunk);
    const std::string key = ledger_key(*job.table);
    const auto place = std::find_if(run_.plan->tables.begin(), run_.plan->tables.end(),
                                    [&](const TargetTable& t) { return ledger_key(t) == key; });
    const fs::path scratch =
        run_.staging() / fmt::format("chunk-{}-{}", place - run_.plan->tables.begin(), job.chunk);
    TRY_ASSIGN(const auto files, write_data_files(connection, tap.wrap(job.select_sql, columns),
                                                  writing, target->folder, stem, scratch));
    ChunkReceipt receipt;
    receipt.digest = tap.digest();
    nlohmann::json list = nlohmann::json::array();
    for (const NewDataFile& file : files) {
      receipt.bytes += file.bytes;
      list.push_back(data_file_json(file));
    }
    TRY(run_.ledger->append({{"kind", "chunk"},
                             {"table", key},
                             {"chunk", job.chunk},
                             {"rows", receipt.digest.rows},
                             {"digest", receipt.digest.hex()},
                             {"bytes", receipt.bytes},
                             {"files", list}}));
    return receipt;
  }

  LakeRun run_;
  std::mutex mutex_;
  std::map<std::string, LakeTarget> targets_;        // by ledger key; read once
  std::map<std::string, std::string> schema_uuids_;  // of new schemas, by name in small letters
};

}  // namespace

Result<std::unique_ptr<WriteSession>> write_lake(const Location& location,
                                                 std::unique_ptr<CatalogDatabase> database,
                                                 const std::string& data_path, Engine& engine,
                                                 const std::string& run, const TargetPlan& plan) {
  LakeRun state;
  state.engine = &engine;
  state.location = location;
  state.id = run;
  state.plan = &plan;
  state.data_path = data_path;
  state.database = std::move(database);
  state.ledger =
      std::make_unique<FileLedger>(run_folder(data_path, run) / FileLedger::kName, state.files());
  TRY(state.ledger->load());
  // prepare() says what is wrong with it; a rollback by somebody else goes on without.
  state.access = FileAccess::resolve(plan.access).value_or(FileAccess());
  if (is_move(*state.ledger)) return move_session(std::move(state));
  return std::make_unique<LakeWriteSession>(std::move(state));
}

}  // namespace sluice::ducklake
