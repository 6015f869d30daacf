#include "endpoint/delta/run.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "endpoint/delta/data_file.h"
#include "endpoint/sql_names.h"
#include "format/delta/parse_actions.h"
#include "format/delta/write_actions.h"

namespace sluice::delta {

namespace fs = std::filesystem;

namespace {

Result<Actions> actions_of(const nlohmann::json& line, const char* key) {
  return parse_actions(PaddedText(line.at(key).get<std::string>()), FileLedger::kName);
}

Result<DeltaTarget> target_of_line(const fs::path& root, const nlohmann::json& line) {
  DeltaTarget out;
  const fs::path folder = line.at("folder").get<std::string>();
  out.folder = folder == "." ? root : root / folder;
  if (line.contains("version")) out.version = line.at("version").get<Version>();
  TRY_ASSIGN(Actions actions, actions_of(line, "actions"));
  if (!actions.protocol || !actions.metadata) {
    return fail(ErrorKind::kCorrupt,
                fmt::format("{}: a table without its metaData", FileLedger::kName));
  }
  out.protocol = std::move(*actions.protocol);
  out.metadata = std::move(*actions.metadata);
  TRY_ASSIGN(out.schema,
             read_schema(out.metadata, out.protocol, line.at("table").get<std::string>()));
  return out;
}

}  // namespace

fs::path run_folder(const fs::path& root, const std::string& run) {
  return root / ("." + staging_prefix(run));
}

fs::path DeltaRun::staging() const { return run_folder(root, id); }
std::string DeltaRun::app_id() const { return "sluice-" + id; }

std::string ledger_key(const TargetTable& table) { return table.name.display(); }

std::string file_stem(const std::string& run) { return staging_prefix(run) + "-"; }

Result<fs::path> folder_of(const fs::path& root, const TableName& name, Files& files) {
  TRY_ASSIGN(const bool is_table, DeltaLog::is_table(root, files));
  if (!is_table) return root / name.schema / name.name;
  if (name.schema.empty() && name.name == root.filename()) return root;
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("\"{}\" is the Delta table \"{}\", and \"{}\" is another",
                                root.string(), root.filename().string(), name.display()))
                  .about(name.display())
                  .advise(fmt::format("write to the folder above it, or --rename {}={}",
                                      name.display(), root.filename().string())));
}

FoundTable found_table(const DeltaTarget& target, const TargetTable& table) {
  return {table.name, target.folder, target.catalog};
}

Result<std::vector<DeltaCommitted>> commit_tables(const DeltaRun& run,
                                                  std::vector<DeltaWrite> writes) {
  if (run.catalog) return run.catalog->commit(std::move(writes), run.root, *run.engine);
  std::vector<DeltaCommitted> out;
  for (const DeltaWrite& write : writes) {
    TRY_ASSIGN(out.emplace_back(), commit_delta(write, *run.engine));
  }
  return out;
}

Result<std::optional<TableState>> state_now(const DeltaTarget& target, const TargetTable& table,
                                            Engine& engine) {
  TRY_ASSIGN(const bool is_table,
             DeltaLog::is_table(target.folder, engine.files_of(target.folder.native())));
  if (!target.catalog && !is_table) return std::optional<TableState>();
  auto state = load_table(found_table(target, table), {}, engine);
  if (state) return std::optional(std::move(*state));
  // A folder of a log without a version: somebody's first commit is on its way, or died.
  if (state.error().kind == ErrorKind::kNotFound) return std::optional<TableState>();
  return fail(std::move(state.error()));
}

Result<DeltaTarget> target_of(const DeltaRun& run, const TargetTable& table) {
  const auto line = run.ledger->last("old", ledger_key(table));
  if (line) {
    TRY_ASSIGN(DeltaTarget out, target_of_line(run.root, *line));
    out.catalog = run.catalog;
    return out;
  }
  return fail(ErrorKind::kInternal,
              fmt::format("table \"{}\" was not prepared", table.name.display()));
}

// The folder as below the location's, which may be moved.
Status record_target(DeltaRun& run, const TargetTable& table, const DeltaTarget& target) {
  Actions actions;
  actions.protocol = target.protocol;
  actions.metadata = target.metadata;
  nlohmann::json line = {{"kind", "old"},
                         {"table", ledger_key(table)},
                         {"folder", target.folder.lexically_relative(run.root).string()},
                         {"actions", commit_text(actions)}};
  if (target.version) line["version"] = *target.version;
  return run.ledger->append(line);
}

std::string files_text(const std::vector<AddFile>& files) {
  Actions actions;
  actions.adds = files;
  return commit_text(actions);
}

Result<std::vector<AddFile>> landed_files(const FileLedger& ledger, const std::string& key) {
  std::vector<AddFile> out;
  for (const auto& [chunk, line] : ledger.chunks(key)) {
    TRY_ASSIGN(Actions actions, actions_of(line, "files"));
    std::move(actions.adds.begin(), actions.adds.end(), std::back_inserter(out));
  }
  return out;
}

// Partitions are folders elsewhere than on this machine (data_file.h).
Result<std::vector<std::string>> files_of_run(const fs::path& folder, const std::string& stem,
                                              Files& files) {
  std::vector<std::string> out;
  const auto take = [&](const std::vector<FoundFile>& found) {
    for (const FoundFile& file : found) {
      const std::string name = fs::path(file.path).filename().string();
      if (!file.is_folder && name.starts_with(stem)) out.push_back(file.path);
    }
  };
  if (files.is_local()) {
    TRY_ASSIGN(const auto found, files.list(folder.string()));
    take(found);
    return out;
  }
  for (const std::string_view begin : {std::string_view(stem), kPartFolder}) {
    TRY_ASSIGN(const auto found, files.list_below((folder / begin).string()));
    take(found);
  }
  return out;
}

Result<TableState> staged_table(const fs::path& root, const TableName& name, Files& files) {
  FileLedger ledger(root / name.schema / FileLedger::kName, files);
  TRY(ledger.load());
  const auto line = ledger.last("old", name.name);
  if (!line) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no staged table \"{}\"", name.display()))
            .about(name.display()));
  }
  TRY_ASSIGN(DeltaTarget target, target_of_line(root, *line));
  TableState out;
  out.name = name;
  out.folder = target.folder.string();
  out.schema = std::move(target.schema);
  out.snapshot.protocol = std::move(target.protocol);
  out.snapshot.metadata = std::move(target.metadata);
  TRY_ASSIGN(std::vector<AddFile> landed, landed_files(ledger, name.name));
  for (AddFile& file : landed) out.snapshot.files.push_back({std::move(file), 0});
  return out;
}

std::optional<std::int64_t> txn_of(const DeltaRun& run, const Snapshot& snapshot) {
  const auto at = std::find_if(snapshot.txns.begin(), snapshot.txns.end(),
                               [&](const Txn& txn) { return txn.app_id == run.app_id(); });
  if (at == snapshot.txns.end()) return std::nullopt;
  return at->version;
}

CommitInfo commit_info(const DeltaRun& run, const std::string& operation, const std::string& mode) {
  CommitInfo out;
  out.operation = operation;
  out.parameters["sluiceRun"] = run.id;
  if (!mode.empty()) out.parameters["mode"] = mode;
  if (const passwd* const user = ::getpwuid(::geteuid())) out.user_name = user->pw_name;
  out.engine_info = "sluice/" SLUICE_VERSION;
  return out;
}

}  // namespace sluice::delta
