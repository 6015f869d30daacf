#include "endpoint/iceberg/idle_deletes.h"

namespace sluice::iceberg {

Result<std::set<std::string>> idle_deletes(const LiveFiles& live,
                                           const std::set<std::string>& removed,
                                           const std::vector<MovedFile>& moved,
                                           DeletedRows& deleted) {
  std::set<std::string> out;
  DeleteIndex index;
  for (const LiveFile& file : live.delete_files()) {
    out.insert(delete_key(file.data()));
    TRY(index.add(*file.entry, *file.spec));
  }
  for (const LiveFile& file : live.files()) {
    if (removed.contains(file.data().path)) continue;
    const AppliedDeletes& applied = file.deletes;
    if (applied.vector != nullptr) out.erase(delete_key(applied.vector->file));
    for (const ManifestEntry* entry : applied.equality) out.erase(delete_key(entry->file));
    for (const ManifestEntry* entry : applied.position) {
      if (deleted.may_name(entry->file, file.data().path)) out.erase(delete_key(entry->file));
    }
  }
  // No vector and no position names a file that was not there when it was written.
  for (const MovedFile& one : moved) {
    ManifestEntry entry;
    entry.sequence_number = one.sequence_number;
    entry.file = one.file;
    for (const ManifestEntry* applied : index.of(entry, one.spec).equality) {
      out.erase(delete_key(applied->file));
    }
  }
  return out;
}

}  // namespace sluice::iceberg
