#include "ingest/past_batches.h"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/ingest.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

bool has_dropped(const PastBatch& batch) {
  std::error_code code;
  return batch.done && fs::exists(batch.folder / "dropped.parquet", code);
}

}  // namespace

Result<std::set<std::string>> clean_up(const fs::path& state, LakeTarget& target,
                                       const std::string& batch) {
  std::set<std::string> landed;
  TRY_ASSIGN(const auto batches, past_batches(state, target.display(), ""));
  for (const PastBatch& past : batches) {
    if (past.batch >= batch || past.done || past.is_alive) continue;
    TRY_ASSIGN(const auto snapshot, target.snapshot_of(past.batch));
    if (!snapshot) {
      TRY(remove_batch(past, target.files()));
      continue;
    }
    if (past.begin.value("table", "") == target.table().display()) {
      for (const auto& stamp : past.begin.value("inputs", nlohmann::json::array())) {
        landed.insert(stamp.get<std::string>());
      }
    }
    TRY(close_batch(past, *snapshot));
  }
  return landed;
}

void leave_out_landed(const std::set<std::string>& landed, std::vector<Input>& inputs,
                      std::vector<std::string>& notes) {
  std::erase_if(inputs, [&](const Input& input) {
    if (!landed.contains(input.stamp)) return false;
    notes.push_back(
        fmt::format("{} is in already: a batch that died after its commit brought it", input.name));
    return true;
  });
}

Result<PastBatch> find_dropped(const fs::path& state, const LakeTarget& target,
                               const std::string& batch) {
  TRY_ASSIGN(auto batches, past_batches(state, target.display(), target.table().display()));
  std::erase_if(batches, [&](const PastBatch& past) {
    return !has_dropped(past) || !past.batch.starts_with(batch);
  });
  if (batches.size() == 1) return std::move(batches.front());
  return fail(Error(batches.empty() ? ErrorKind::kNotFound : ErrorKind::kInvalid,
                    batches.empty() ? fmt::format("no batch {} of {} has dropped rows", batch,
                                                  target.table().display())
                                    : fmt::format("{} names {} batches", batch, batches.size()))
                  .about(batch)
                  .advise("--dropped lists the batches that have"));
}

Result<std::vector<DroppedBatch>> dropped_batches(const IngestSetting& setting,
                                                  const IngestOptions& options) {
  const std::size_t dot = options.table.find('.');
  const std::string table = dot == std::string::npos ? "main." + options.table : options.table;
  TRY_ASSIGN(const auto batches, past_batches(setting.state, setting.location.display(), table));
  std::vector<DroppedBatch> out;
  for (const PastBatch& past : batches) {
    if (!has_dropped(past)) continue;
    DroppedBatch& batch = out.emplace_back();
    batch.batch = past.batch;
    batch.at = past.begin.value("at", "");
    batch.file = (past.folder / "dropped.parquet").string();
    batch.in_batch = past.done->value("in_batch", std::uint64_t{0});
    batch.in_table = past.done->value("in_table", std::uint64_t{0});
    batch.conflicting = past.done->value("conflicting", std::uint64_t{0});
  }
  return out;
}

}  // namespace sluice::ingest
