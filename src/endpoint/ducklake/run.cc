#include "endpoint/ducklake/run.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/sql_names.h"

namespace sluice::ducklake {

namespace fs = std::filesystem;

fs::path run_folder(const std::string& data_path, const std::string& run) {
  return fs::path(data_path) / ("." + staging_prefix(run));
}

fs::path LakeRun::staging() const { return run_folder(data_path, id); }

TableName lake_name(const TargetTable& table) {
  return {table.name.schema.empty() ? "main" : table.name.schema, table.name.name};
}

std::string ledger_key(const TargetTable& table) { return lake_name(table).display(); }

std::string kept_name(const std::string& run, const std::string& table) {
  return kept_prefix(run) + "_" + table;
}

Result<LakeTarget> target_of(const LakeRun& run, const TargetTable& table) {
  const auto line = run.ledger->last("old", ledger_key(table));
  if (!line) {
    return fail(ErrorKind::kInternal,
                fmt::format("table \"{}\" was not prepared", table.name.display()));
  }
  LakeTarget out;
  if (line->contains("id")) out.table = line->at("id").get<Id>();
  out.snapshot = line->at("snapshot");
  out.uuid = line->at("uuid");
  out.schema_uuid = line->value("schema_uuid", out.uuid);
  out.folder = line->at("folder").get<std::string>();
  return out;
}

std::vector<Landed> landed_chunks(const LakeRun& run) {
  std::vector<Landed> out;
  for (const TargetTable& table : run.plan->tables) {
    out.push_back(run.ledger->landed(ledger_key(table)));
  }
  return out;
}

std::vector<NewDataFile> landed_files(const FileLedger& ledger, const std::string& key) {
  std::vector<NewDataFile> out;
  for (const auto& [chunk, line] : ledger.chunks(key)) {
    for (const nlohmann::json& file : line.at("files")) out.push_back(data_file_of(file));
  }
  return out;
}

std::string extra_info(const std::string& run, bool rolled_back) {
  nlohmann::json info = {{"sluice_run", run}};
  if (rolled_back) info["rolled_back"] = true;
  return info.dump();
}

Result<PublishState> publish_state_of(LakeRun& run) {
  std::optional<SnapshotRow> snapshot;
  if (run.database != nullptr) {
    TRY(run.database->begin_read());
    auto found = DuckLakeCatalog(*run.database, "")
                     .newest_with_info({extra_info(run.id, false), extra_info(run.id, true)});
    run.database->end();
    TRY_ASSIGN(snapshot, std::move(found));
  }
  // The snapshot may have expired since; a rollback that died may not have told the ledger yet.
  const bool published =
      snapshot ? snapshot->extra_info == extra_info(run.id, false) : run.ledger->is_published();
  return published ? PublishState::kPublished : PublishState::kNotPublished;
}

Status give_catalog(const Location& location, const FileAccess& access) {
  if (location.path.empty() || access.empty()) return {};
  for (const char* const ending : {"", "-wal", "-shm", ".wal"}) {
    TRY(access.give_file_if_there(location.path + ending));
  }
  return {};
}

namespace {

// [uid, gid, mode]; null where there is no such file.
nlohmann::json access_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return nullptr;
  return {info.st_uid, info.st_gid, info.st_mode & 07777U};
}

}  // namespace

Status give_catalog_of(LakeRun& run) {
  if (run.location.path.empty() || run.access.empty()) return {};
  const nlohmann::json before = access_of(run.location.path);
  TRY(give_catalog(run.location, run.access));
  if (run.ledger->last("catalog_access")) return {};
  return run.ledger->append(
      {{"kind", "catalog_access"}, {"before", before}, {"after", access_of(run.location.path)}});
}

Status take_catalog_back(const LakeRun& run) {
  const auto line = run.ledger->last("catalog_access");
  if (!line || line->at("before").is_null() || line->at("before") == line->at("after") ||
      access_of(run.location.path) != line->at("after")) {
    return {};
  }
  const nlohmann::json& before = line->at("before");
  for (const char* const ending : {"", "-wal", "-shm", ".wal"}) {
    const std::string path = run.location.path + ending;
    if (access_of(path).is_null()) continue;
    if (::chown(path.c_str(), before.at(0).get<uid_t>(), before.at(1).get<gid_t>()) != 0 ||
        ::chmod(path.c_str(), before.at(2).get<mode_t>()) != 0) {
      return fail(errno_error(errno, "give back", path));
    }
  }
  return {};
}

Status check_readers(const Location& location, const FileAccess& access,
                     std::vector<fs::path> files) {
  ReadableSet set;
  set.files = std::move(files);
  if (!location.path.empty()) {
    add_catalog(set, fs::absolute(location.path).lexically_normal(), location.catalog == "sqlite");
  }
  return check_readable(access, set);
}

}  // namespace sluice::ducklake
