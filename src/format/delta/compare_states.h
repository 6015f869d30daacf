// Two accounts of one table at one version, compared both ways: what its log says, and what a
// catalog says that was made of the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "format/delta/replay.h"
#include "model/catalog_facts.h"

namespace sluice::delta {

// Files of the catalog are given one by one, so that only the log's are held.
//
// Where the log was read from a checkpoint, what it sums up says less than the commits did: writers
// of checkpoints leave out statistics, tags and old tombstones, and dataChange is always false. The
// catalog may know that of files which are not newer than the checkpoint.
class StateComparison {
 public:
  // `log` has to outlive this. `checkpoint`: which the log was read from.
  StateComparison(const Snapshot& log, std::optional<Version> checkpoint);

  void compare_head(const Snapshot& catalog);
  // Each live file of the catalog once, then finish_files().
  void see_file(const LiveFile& file);
  void finish_files();
  // Each tombstone of the catalog once, then finish_tombstones().
  void see_tombstone(const RemoveFile& file, Version version);
  void finish_tombstones();

  const std::vector<CatalogDifference>& differences() const { return differences_; }
  std::uint64_t more() const { return more_; }  // beyond kListedMax

  static constexpr std::size_t kListedMax = 100;

 private:
  void differ(CatalogDifference one);
  void only(const std::string& kind, const std::string& object, bool in_log);
  void field(const std::string& kind, const std::string& object, const std::string& name,
             const std::string& log, const std::string& catalog);
  void compare_metadata(const Metadata& catalog);
  bool is_summed_up(Version version) const { return checkpoint_ && version <= *checkpoint_; }

  const Snapshot& log_;
  std::optional<Version> checkpoint_;
  std::unordered_map<std::string, std::size_t> files_;  // of the log, not seen yet
  std::unordered_map<std::string, std::size_t> tombstones_;
  std::vector<CatalogDifference> differences_;
  std::uint64_t more_ = 0;
};

}  // namespace sluice::delta
