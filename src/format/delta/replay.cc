#include "format/delta/replay.h"

#include <fmt/format.h>

namespace sluice::delta {
namespace {

std::string id_of(const DeletionVectorPtr& vector) { return vector ? vector->unique_id() : ""; }

bool same_id(const DeletionVectorPtr& left, const DeletionVectorPtr& right) {
  if (!left || !right) return !left && !right;
  return left->unique_id() == right->unique_id();
}

}  // namespace

void Replay::remove(RemoveFile remove) {
  const auto found = by_path_.find(remove.path);
  if (found != by_path_.end()) {
    Entry& entry = entries_[found->second];
    if (same_id(entry.file.add.deletion_vector, remove.deletion_vector)) {
      entry.is_live = false;
      by_path_.erase(found);
    }
  }
  std::pair<std::string, std::string> key(remove.path, id_of(remove.deletion_vector));
  tombstones_.insert_or_assign(std::move(key), std::move(remove));
}

void Replay::add(AddFile add, Version version) {
  if (!tombstones_.empty()) tombstones_.erase({add.path, id_of(add.deletion_vector)});
  const auto found = by_path_.find(add.path);
  if (found != by_path_.end()) {
    entries_[found->second].is_live = false;
    by_path_.erase(found);
  }
  Entry& entry = entries_.emplace_back();
  entry.file.add = std::move(add);
  entry.file.version = version;
  by_path_.emplace(entry.file.add.path, entries_.size() - 1);
}

void Replay::apply(Actions actions, Version version) {
  if (actions.protocol) protocol_ = std::move(actions.protocol);
  if (actions.metadata) metadata_ = std::move(actions.metadata);
  if (by_path_.empty()) by_path_.reserve(actions.adds.size());
  for (RemoveFile& file : actions.removes) remove(std::move(file));
  for (AddFile& file : actions.adds) add(std::move(file), version);
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
                      fmt::format("table {}: its log has no {} action up to version {}", table,
                                  is_protocol ? "protocol" : "metaData", version))
                    .about(table)
                    .advise("the first version of a table has both; the log is damaged"));
  }
  Snapshot out;
  out.version = version;
  out.protocol = std::move(*protocol_);
  out.metadata = std::move(*metadata_);
  out.files.reserve(by_path_.size());
  by_path_.clear();
  for (Entry& entry : entries_) {
    if (entry.is_live) out.files.push_back(std::move(entry.file));
  }
  for (auto& [key, remove] : tombstones_) out.tombstones.push_back(std::move(remove));
  for (auto& [key, txn] : txns_) out.txns.push_back(std::move(txn));
  for (auto& [key, domain] : domains_) {
    if (!domain.removed) out.domains.push_back(std::move(domain));
  }
  return out;
}

}  // namespace sluice::delta
