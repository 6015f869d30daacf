#include "endpoint/delta/history.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::delta {
namespace {

constexpr std::string_view kRunPrefix = "sluice-";  // of the txn action's appId

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// "WRITE: 3 files added, 1 file removed; columns or properties changed".
std::string words_of(const CommitOutline& outline) {
  std::vector<std::string> parts;
  if (outline.adds > 0) parts.push_back(counted(outline.adds, "file") + " added");
  if (outline.removes > 0) parts.push_back(counted(outline.removes, "file") + " removed");
  if (outline.has_metadata) parts.emplace_back("columns or properties set");
  if (outline.has_protocol) parts.emplace_back("protocol set");
  if (parts.empty()) parts.emplace_back("nothing changed");
  const std::string operation = outline.commit_info ? outline.commit_info->operation : "";
  return (operation.empty() ? "" : operation + ": ") + join(parts, ", ");
}

LakeSnapshotFacts facts_of(const DeltaCommit& commit) {
  LakeSnapshotFacts out;
  out.number = commit.version;
  out.time = moment_text(commit.time_ms);
  out.changes.push_back(words_of(commit.outline));
  if (commit.outline.commit_info) {
    out.author = commit.outline.commit_info->user_name;
    out.message = commit.outline.commit_info->engine_info;
  }
  for (const Txn& txn : commit.outline.txns) {
    if (txn.app_id.starts_with(kRunPrefix)) out.run = txn.app_id.substr(kRunPrefix.size());
  }
  return out;
}

}  // namespace

Result<std::vector<DeltaCommit>> commits_of(const FoundTable& table, Engine& engine) {
  if (table.catalog) return table.catalog->history(table.folder);
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(table.folder, table.name.display(), engine));
  return log.history();
}

Result<std::vector<LakeSnapshotFacts>> snapshots_of(const FoundTable& table, Engine& engine) {
  TRY_ASSIGN(const std::vector<DeltaCommit> commits, commits_of(table, engine));
  std::vector<LakeSnapshotFacts> out;
  for (const DeltaCommit& commit : commits) out.push_back(facts_of(commit));
  return out;
}

namespace {

LakeSnapshotFacts facts_among(const std::vector<DeltaCommit>& commits, Version version) {
  for (const DeltaCommit& commit : commits) {
    if (commit.version == version) return facts_of(commit);
  }
  LakeSnapshotFacts out;
  out.number = version;
  return out;
}

}  // namespace

Result<LakeSnapshotFacts> snapshot_facts(const DeltaLog& log, Version version) {
  TRY_ASSIGN(const std::vector<DeltaCommit> commits, log.history());
  return facts_among(commits, version);
}

Result<LakeSnapshotFacts> snapshot_facts(const FoundTable& table, Version version, Engine& engine) {
  TRY_ASSIGN(const std::vector<DeltaCommit> commits, commits_of(table, engine));
  return facts_among(commits, version);
}

Result<std::string> time_of(const FoundTable& table, Version version, Engine& engine) {
  TRY_ASSIGN(const LakeSnapshotFacts facts, snapshot_facts(table, version, engine));
  return facts.time;
}

}  // namespace sluice::delta
