#include "endpoint/iceberg/check_deletes.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/iceberg/check_manifests.h"

namespace sluice::iceberg {
namespace {

class DeletesCheck {
 public:
  DeletesCheck(TableScan& scan, const std::set<std::string>& missing)
      : scan_(scan), table_(scan.state()), missing_(missing) {}

  Result<CheckedDeletes> run() {
    TRY_ASSIGN(const auto live, scan_.live());
    for (const LiveFile& file : live->files()) {
      note_used(file.deletes);
      if (file.deletes.vector == nullptr && file.deletes.position.empty()) continue;
      if (is_missing(file.deletes)) continue;
      TRY(check_places(file));
    }
    for (const LiveFile& file : live->delete_files()) {
      if (used_.contains(key_of(*file.entry))) continue;
      LakeFinding note = finding_of(table_, "deletes_of_nothing", file.data().path,
                                    "a delete file applies to no data file any more");
      note.hint = "a rewrite of the table's files leaves it out";
      out_.notes.push_back(std::move(note));
    }
    return std::move(out_);
  }

 private:
  static std::string key_of(const ManifestEntry& entry) {
    return fmt::format("{}:{}", entry.file.path, entry.file.content_offset.value_or(0));
  }

  void note_used(const AppliedDeletes& deletes) {
    if (deletes.vector != nullptr) used_.insert(key_of(*deletes.vector));
    for (const ManifestEntry* entry : deletes.position) used_.insert(key_of(*entry));
    for (const ManifestEntry* entry : deletes.equality) used_.insert(key_of(*entry));
  }

  bool is_missing(const AppliedDeletes& deletes) const {
    if (deletes.vector != nullptr) return missing_.contains(deletes.vector->file.path);
    return std::any_of(
        deletes.position.begin(), deletes.position.end(),
        [&](const ManifestEntry* entry) { return missing_.contains(entry->file.path); });
  }

  Status check_places(const LiveFile& file) {
    const auto places = scan_.deleted_places(file);
    if (!places) {
      if (says_nothing(places.error())) return fail(places.error());
      const std::string& path = file.deletes.vector != nullptr
                                    ? file.deletes.vector->file.path
                                    : file.deletes.position.front()->file.path;
      out_.findings.push_back(
          finding_of(table_, "damaged_deletion_file", path, places.error().message));
      return {};
    }
    const std::vector<std::uint64_t> rows = places->rows();
    const auto count =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.data().record_count));
    if (rows.empty() || rows.back() < count) return {};
    LakeFinding finding =
        finding_of(table_, "deletion_beyond_file", file.data().path,
                   fmt::format("row {} is deleted, the file has {} rows", rows.back(), count));
    finding.expected = fmt::format("row {}", rows.back());
    finding.found = fmt::format("{} rows", count);
    out_.findings.push_back(std::move(finding));
    return {};
  }

  TableScan& scan_;
  const TableState& table_;
  const std::set<std::string>& missing_;
  CheckedDeletes out_;
  std::set<std::string> used_;
};

}  // namespace

Result<CheckedDeletes> check_deletes(TableScan& scan, const std::set<std::string>& missing) {
  return DeletesCheck(scan, missing).run();
}

}  // namespace sluice::iceberg
