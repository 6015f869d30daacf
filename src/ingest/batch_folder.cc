#include "ingest/batch_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/sql_names.h"
#include "journal/process_identity.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "ingest";
constexpr const char* kLedger = "ledger.jsonl";

}  // namespace

BatchFolder::BatchFolder(const fs::path& state, std::string batch)
    : batch_(std::move(batch)),
      path_(fs::absolute(state) / kFolder / batch_),
      ledger_(path_ / kLedger) {}

Status BatchFolder::make() { return make_folders(path_); }

Status BatchFolder::begin(const std::string& target, const std::string& table,
                          const std::vector<Input>& inputs) {
  const journal::ProcessIdentity self = journal::this_process();
  nlohmann::json stamps = nlohmann::json::array();
  for (const Input& input : inputs) stamps.push_back(input.stamp);
  return ledger_.append({{"kind", "begin"},
                         {"target", target},
                         {"table", table},
                         {"pid", self.pid},
                         {"start_ticks", self.start_ticks},
                         {"boot", self.boot},
                         {"at", format_rfc3339(now_unix_ms())},
                         {"inputs", stamps}});
}

Status BatchFolder::place(const fs::path& folder, const fs::path& scratch) {
  return ledger_.append(
      {{"kind", "place"}, {"folder", folder.string()}, {"scratch", scratch.string()}});
}

Status BatchFolder::done(const nlohmann::json& facts) {
  nlohmann::json line = facts;
  line["kind"] = "done";
  return ledger_.append(line);
}

void BatchFolder::tidy_up() {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(path_, code)) {
    if (entry.path().filename().string().starts_with("spool-")) fs::remove(entry.path(), code);
  }
  const bool is_kept = fs::exists(rejects(), code) || fs::exists(dropped(), code);
  if (!is_kept) fs::remove_all(path_, code);
}

Result<std::vector<PastBatch>> past_batches(const fs::path& state, const std::string& target,
                                            const std::string& table) {
  std::vector<PastBatch> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(fs::absolute(state) / kFolder, code)) {
    FileLedger ledger(entry.path() / kLedger);
    if (!is_ulid(entry.path().filename().string()) || !ledger.exists()) continue;
    TRY(ledger.load());
    const auto begin = ledger.last("begin");
    if (!begin || begin->value("target", "") != target) continue;
    if (!table.empty() && begin->value("table", "") != table) continue;
    PastBatch& batch = out.emplace_back();
    batch.batch = entry.path().filename().string();
    batch.folder = entry.path();
    batch.begin = *begin;
    batch.place = ledger.last("place");
    batch.done = ledger.last("done");
    batch.is_alive =
        journal::is_alive({begin->value("pid", 0), begin->value("start_ticks", std::int64_t{0}),
                           begin->value("boot", "")});
  }
  std::sort(out.begin(), out.end(),
            [](const PastBatch& a, const PastBatch& b) { return a.batch < b.batch; });
  return out;
}

std::string extra_info(const std::string& batch) {
  return nlohmann::json({{"sluice_ingest", batch}}).dump();
}

namespace {

Status remove_objects(const std::string& folder, const std::string& prefix, Files& files) {
  TRY_ASSIGN(const auto found, files.list_below(folder.ends_with('/') ? folder : folder + "/"));
  for (const FoundFile& file : found) {
    if (fs::path(file.path).filename().string().starts_with(prefix)) TRY(files.remove(file.path));
  }
  return {};
}

}  // namespace

Status remove_batch(const PastBatch& batch, Files& files) {
  std::error_code code;
  if (batch.place) {
    const std::string prefix = staging_prefix(batch.batch);
    const fs::path folder(batch.place->value("folder", ""));
    if (!files.is_local()) TRY(remove_objects(folder.string(), prefix, files));
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      if (!entry.path().filename().string().starts_with(prefix)) continue;
      fs::remove(entry.path(), code);
      if (code) return fail(errno_error(code.value(), "remove", entry.path()));
    }
    fs::remove_all(fs::path(batch.place->value("scratch", "")), code);
    if (code) return fail(errno_error(code.value(), "remove", batch.folder));
  }
  fs::remove_all(batch.folder, code);
  if (code) return fail(errno_error(code.value(), "remove", batch.folder));
  return {};
}

Status close_batch(const PastBatch& batch, std::int64_t snapshot) {
  FileLedger ledger(batch.folder / kLedger);
  TRY(ledger.load());
  return ledger.append({{"kind", "done"}, {"snapshot", snapshot}});
}

}  // namespace sluice::ingest
