#include "format/delta/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sluice::delta {
namespace {

std::string id_of(const DeletionVectorPtr& vector) { return vector ? vector->unique_id() : ""; }

bool same_id(const DeletionVectorPtr& left, const DeletionVectorPtr& right) {
  if (!left || !right) return !left && !right;
  return left->unique_id() == right->unique_id();
}

}  // namespace

const AddFile& Replay::file_at(std::uint32_t number) const {
  const auto after = std::upper_bound(
      batches_.begin(), batches_.end(), number,
      [](std::uint32_t wanted, const Batch& batch) { return wanted < batch.first; });
  const Batch& batch = *std::prev(after);
  return batch.adds[number - batch.first];
}

void Replay::remove(RemoveFile remove) {
  const auto path_at = [&](std::uint32_t number) -> std::string_view {
    return file_at(number).path;
  };
  const std::uint32_t found = by_path_.find(remove.path, path_at);
  if (found != PathIndex::kNone && is_live_[found] &&
      same_id(file_at(found).deletion_vector, remove.deletion_vector)) {
    is_live_[found] = false;
  }
  std::pair<std::string, std::string> key(remove.path, id_of(remove.deletion_vector));
  tombstones_.insert_or_assign(std::move(key), std::move(remove));
}

void Replay::add(std::vector<AddFile> adds, Version version) {
  if (adds.empty()) return;
  const auto path_at = [&](std::uint32_t number) -> std::string_view {
    return file_at(number).path;
  };
  const auto first = static_cast<std::uint32_t>(is_live_.size());
  batches_.push_back({version, first, std::move(adds)});
  const std::vector<AddFile>& files = batches_.back().adds;
  by_path_.reserve(files.size());
  is_live_.resize(first + files.size(), true);
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const AddFile& file = files[i];
    if (!tombstones_.empty()) tombstones_.erase({file.path, id_of(file.deletion_vector)});
    const std::uint32_t before = by_path_.put(file.path, first + i, path_at);
    if (before != PathIndex::kNone) is_live_[before] = false;
  }
}

void Replay::apply(Actions actions, Version version) {
  if (actions.protocol) protocol_ = std::move(actions.protocol);
  if (actions.metadata) metadata_ = std::move(actions.metadata);
  for (RemoveFile& file : actions.removes) remove(std::move(file));
  add(std::move(actions.adds), version);
  for (Txn& txn : actions.txns) {
    std::string key = txn.app_id;
    txns_.insert_or_assign(std::move(key), std::move(txn));
  }
  for (DomainMetadata& domain : actions.domains) {
    std::string key = domain.domain;
    domains_.insert_or_assign(std::move(key), std::move(domain));
  }
}

Result<Snapshot> Replay::take(Version version, const std::string& table) && {
  for (const bool is_protocol : {true, false}) {
    if (is_protocol ? protocol_.has_value() : metadata_.has_value()) continue;
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("table \"{}\": its log has no {} action up to version {}", table,
                                  is_protocol ? "protocol" : "metaData", version))
                    .about(table)
                    .advise("the first version of a table has both; the log is damaged"));
  }
  Snapshot out;
  out.version = version;
  out.protocol = std::move(*protocol_);
  out.metadata = std::move(*metadata_);
  out.files.reserve(static_cast<std::size_t>(std::count(is_live_.begin(), is_live_.end(), true)));
  for (Batch& batch : batches_) {
    for (std::uint32_t i = 0; i < batch.adds.size(); ++i) {
      if (is_live_[batch.first + i]) out.files.push_back({std::move(batch.adds[i]), batch.version});
    }
    batch.adds = {};
  }
  for (auto& [key, remove] : tombstones_) out.tombstones.push_back(std::move(remove));
  for (auto& [key, txn] : txns_) out.txns.push_back(std::move(txn));
  for (auto& [key, domain] : domains_) {
    if (!domain.removed) out.domains.push_back(std::move(domain));
  }
  return out;
}

}  // namespace sluice::delta
