// The state of a table at a version, out of its actions ("Action Reconciliation").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"
#include "format/delta/path_index.h"

namespace sluice::delta {

struct LiveFile {
  AddFile add;
  Version version = 0;  // that added it; of a file in a checkpoint the checkpoint's
};

// A table at one version. Files in the order in which they were added.
struct Snapshot {
  Version version = 0;
  Protocol protocol;
  Metadata metadata;
  std::vector<LiveFile> files;
  std::vector<RemoveFile> tombstones;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
};

// Takes the files of a log in the order of their versions. Within one the removes come first: the
// newest reference to a logical file, which is a path with the id of its deletion vector, wins, and
// a path is there once.
class Replay {
 public:
  // Several parts of one version, a checkpoint's, may be applied one after the other.
  void apply(Actions actions, Version version);

  // What was seen last; null where no action said it yet.
  const Protocol* protocol() const { return protocol_ ? &*protocol_ : nullptr; }
  const Metadata* metadata() const { return metadata_ ? &*metadata_ : nullptr; }

  // Errors: kCorrupt where a table has no protocol or metaData.
  Result<Snapshot> take(Version version, const std::string& table) &&;

 private:
  // The file of each number is in one of the lists that apply() was given: they are not copied.
  struct Batch {
    Version version = 0;
    std::uint32_t first = 0;  // number
    std::vector<AddFile> adds;
  };

  const AddFile& file_at(std::uint32_t number) const;
  void remove(RemoveFile remove);
  void add(std::vector<AddFile> adds, Version version);

  std::optional<Protocol> protocol_;
  std::optional<Metadata> metadata_;
  std::vector<Batch> batches_;
  std::vector<bool> is_live_;  // by number
  PathIndex by_path_;          // the newest file of a path, live or not
  std::map<std::pair<std::string, std::string>, RemoveFile> tombstones_;
  std::map<std::string, Txn> txns_;
  std::map<std::string, DomainMetadata> domains_;
};

}  // namespace sluice::delta
