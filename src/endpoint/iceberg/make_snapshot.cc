#include "endpoint/iceberg/make_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/iceberg/live_files.h"
#include "endpoint/iceberg/run.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::iceberg {
namespace {

constexpr std::size_t kEntriesMax = 10'000;  // of a manifest

// Ids are random: two writers that make a snapshot at once must not give the same.
std::int64_t new_snapshot_id(const TableMetadata& table) {
  std::random_device source;
  while (true) {
    const std::uint64_t bits = std::uint64_t{source()} << 32 | source();
    const auto id = static_cast<std::int64_t>(bits >> 1);
    if (id > 0 && table.find_snapshot(id) == nullptr) return id;
  }
}

void begin_snapshot(const TableState& before, const TableMetadata& after, Snapshot& snapshot) {
  snapshot.id = new_snapshot_id(before.metadata());
  if (before.snapshot != nullptr) snapshot.parent_id = before.snapshot->id;
  if (after.format_version > 1) {
    snapshot.sequence_number = before.metadata().last_sequence_number + 1;
  }
  snapshot.timestamp_ms = std::max(now_unix_ms(), before.metadata().last_updated_ms);
  snapshot.schema_id = after.current_schema_id;
}

// What the names of a snapshot's files begin with.
std::string new_stem(const TableMetadata& after, const std::string& beginning) {
  return fmt::format("{}/{}{}", metadata_folder(after), beginning, new_uuid());
}

Status write_list(const TableState& before, const TableMetadata& after, const std::string& stem,
                  std::vector<ManifestFile>& list, MadeSnapshot& out) {
  Snapshot& snapshot = out.snapshot;
  ManifestListHead head;
  head.format_version = after.format_version;
  head.snapshot_id = snapshot.id;
  head.parent_id = snapshot.parent_id;
  head.sequence_number = snapshot.sequence_number;
  if (after.format_version > 2) {
    const std::int64_t first = before.metadata().next_row_id;
    head.first_row_id = snapshot.first_row_id = first;
    snapshot.added_rows = assign_row_ids(list, first) - first;
  }
  TRY_ASSIGN(const std::string bytes, write_manifest_list(head, list, avro::Codec::kDeflate));
  snapshot.manifest_list = fmt::format("{}-list.avro", stem);
  out.written.push_back(snapshot.manifest_list);
  return before.files->write(snapshot.manifest_list, bytes);
}

// What a snapshot says of itself in numbers.
struct Sums {
  std::int64_t files = 0;
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t delete_files = 0;
  std::int64_t position_files = 0;
  std::int64_t equality_files = 0;
  std::int64_t vectors = 0;
  std::int64_t position_deletes = 0;
  std::int64_t equality_deletes = 0;

  void add(const DataFile& file) {
    bytes += file.file_size;
    if (file.content == FileContent::kData) {
      ++files;
      records += file.record_count;
      return;
    }
    ++delete_files;
    ++(file.is_deletion_vector()                       ? vectors
       : file.content == FileContent::kPositionDeletes ? position_files
                                                       : equality_files);
    (file.content == FileContent::kPositionDeletes ? position_deletes : equality_deletes) +=
        file.record_count;
  }
};

std::int64_t number_in(const std::map<std::string, std::string>& summary, const char* name) {
  const auto at = summary.find(name);
  std::int64_t out = 0;
  if (at == summary.end()) return out;
  std::from_chars(at->second.data(), at->second.data() + at->second.size(), out);
  return out;
}

class SnapshotMaker {
 public:
  SnapshotMaker(const TableState& before, const TableMetadata& after, const SnapshotChange& change,
                MadeSnapshot& out)
      : before_(before), after_(after), change_(change), out_(out) {
    begin_snapshot(before, after, out.snapshot);
    stem_ =
        new_stem(after, change.property.empty() ? file_stem(change.run) : upkeep_stem(change.run));
  }

  Status make() {
    TRY(keep_old());
    TRY(add_data());
    TRY(add_moved());
    TRY(add_deletes());
    TRY(write_list(before_, after_, stem_, list_, out_));
    summarise_change();
    return {};
  }

 private:
  Status keep_old() {
    if (before_.snapshot == nullptr) return {};
    TRY_ASSIGN(const auto list, manifest_list(before_, *before_.snapshot));
    for (const ManifestFile& file : list) {
      const bool is_wrong = change_.rewrites.contains(file.path);
      if (file.added_files == 0 && file.existing_files == 0 && !is_wrong) continue;
      const bool is_data = file.content == ManifestContent::kData;
      const auto& goes = is_data ? change_.removes : change_.removes_deletes;
      if (!change_.removes_all && goes.empty() && change_.corrects.empty() && !is_wrong) {
        list_.push_back(file);
        continue;
      }
      TRY(keep_rest(file));
    }
    return {};
  }

  // The files of a manifest that go, and in the same one those that stay.
  Status keep_rest(const ManifestFile& file) {
    TRY_ASSIGN(Manifest manifest, load_manifest(before_, file));
    std::erase_if(manifest.entries,
                  [](const ManifestEntry& entry) { return entry.status == EntryStatus::kDeleted; });
    bool any = change_.rewrites.contains(file.path);
    for (ManifestEntry& entry : manifest.entries) {
      const bool is_data = entry.file.content == FileContent::kData;
      const bool goes = change_.removes_all ||
                        (is_data ? change_.removes.contains(entry.file.path)
                                 : change_.removes_deletes.contains(delete_key(entry.file)));
      entry.status = goes ? EntryStatus::kDeleted : EntryStatus::kExisting;
      const auto right = change_.corrects.find(delete_key(entry.file));
      if (!goes && right != change_.corrects.end()) {
        removed_.add(entry.file);
        entry.file = right->second;
        added_.add(entry.file);
        any = true;
      }
      if (!goes) continue;
      entry.snapshot_id = out_.snapshot.id;
      removed_.add(entry.file);
      any = true;
    }
    if (any) return write(std::move(manifest));
    list_.push_back(file);
    return {};
  }

  Status add_data() {
    for (std::size_t first = 0; first < change_.adds.size(); first += kEntriesMax) {
      Manifest manifest = empty_manifest(ManifestContent::kData, after_.spec());
      const std::size_t last = std::min(change_.adds.size(), first + kEntriesMax);
      for (std::size_t i = first; i < last; ++i) {
        add_entry(manifest, change_.adds[i]);
        added_.add(change_.adds[i]);
      }
      TRY(write(std::move(manifest)));
    }
    return {};
  }

  // One manifest for each spec.
  Status add_moved() {
    std::map<std::int32_t, Manifest> by_spec;
    for (const MovedFile& one : change_.moves) {
      const auto at =
          by_spec.try_emplace(one.spec.id, empty_manifest(ManifestContent::kData, one.spec));
      add_entry(at.first->second, one.file);
      if (after_.format_version > 1) {
        at.first->second.entries.back().sequence_number = one.sequence_number;
      }
      added_.add(one.file);
    }
    for (auto& [id, manifest] : by_spec) TRY(write(std::move(manifest)));
    return {};
  }

  // One manifest for each spec of the files whose rows are deleted.
  Status add_deletes() {
    std::map<std::int32_t, Manifest> by_spec;
    for (const NewDelete& one : change_.deletes) {
      const auto at =
          by_spec.try_emplace(one.spec.id, empty_manifest(ManifestContent::kDeletes, one.spec));
      add_entry(at.first->second, one.file);
      added_.add(one.file);
    }
    for (auto& [id, manifest] : by_spec) TRY(write(std::move(manifest)));
    return {};
  }

  Manifest empty_manifest(ManifestContent content, const PartitionSpec& spec) const {
    Manifest out;
    out.content = content;
    out.schema = after_.schema();
    out.spec = spec;
    return out;
  }

  void add_entry(Manifest& manifest, const DataFile& file) const {
    ManifestEntry& entry = manifest.entries.emplace_back();
    entry.snapshot_id = out_.snapshot.id;
    entry.file = file;
  }

  Status write(Manifest manifest) {
    manifest.format_version = after_.format_version;
    TRY_ASSIGN(const std::string bytes,
               write_manifest(manifest, after_.schemas, avro::Codec::kDeflate));
    ManifestFile file;
    file.path = fmt::format("{}-m{}.avro", stem_, out_.written.size());
    file.length = static_cast<std::int64_t>(bytes.size());
    file.sequence_number = out_.snapshot.sequence_number;
    file.added_snapshot_id = out_.snapshot.id;
    summarise(manifest, after_.schemas, file);
    out_.written.push_back(file.path);
    TRY(before_.files->write(file.path, bytes));
    list_.push_back(std::move(file));
    return {};
  }

  void put(const char* name, std::int64_t value) {
    if (value != 0) out_.snapshot.summary[name] = std::to_string(value);
  }

  void put_total(const char* name, std::int64_t added, std::int64_t removed) {
    static const std::map<std::string, std::string> kEmpty;
    const auto& old = before_.snapshot == nullptr ? kEmpty : before_.snapshot->summary;
    if (before_.snapshot != nullptr && !old.contains(name)) return;  // nobody counted
    const std::int64_t base = number_in(old, name);
    out_.snapshot.summary[name] = std::to_string(base + added - removed);
  }

  // "Optional Snapshot Summary Fields"
  void summarise_change() {
    out_.snapshot.summary["operation"] = change_.operation;
    out_.snapshot.summary[change_.property.empty() ? kRunProperty : change_.property] = change_.run;
    put("added-data-files", added_.files);
    put("added-records", added_.records);
    put("added-files-size", added_.bytes);
    put("added-delete-files", added_.delete_files);
    put("added-position-delete-files", added_.position_files);
    put("added-dvs", added_.vectors);
    put("added-position-deletes", added_.position_deletes);
    put("deleted-data-files", removed_.files);
    put("deleted-records", removed_.records);
    put("removed-files-size", removed_.bytes);
    put("removed-delete-files", removed_.delete_files);
    put("removed-position-delete-files", removed_.position_files);
    put("removed-equality-delete-files", removed_.equality_files);
    put("removed-dvs", removed_.vectors);
    put("removed-position-deletes", removed_.position_deletes);
    put("removed-equality-deletes", removed_.equality_deletes);
    put_total("total-data-files", added_.files, removed_.files);
    put_total("total-records", added_.records, removed_.records);
    put_total("total-files-size", added_.bytes, removed_.bytes);
    put_total("total-delete-files", added_.delete_files, removed_.delete_files);
    put_total("total-position-deletes", added_.position_deletes, removed_.position_deletes);
    put_total("total-equality-deletes", added_.equality_deletes, removed_.equality_deletes);
  }

  const TableState& before_;
  const TableMetadata& after_;
  const SnapshotChange& change_;
  MadeSnapshot& out_;
  std::string stem_;
  std::vector<ManifestFile> list_;
  Sums added_;
  Sums removed_;
};

}  // namespace

std::string upkeep_stem(const std::string& run) { return fmt::format("upkeep-{}-", to_lower(run)); }

std::string metadata_folder(const TableMetadata& metadata) {
  const auto own = metadata.properties.find("write.metadata.path");
  std::string out =
      own == metadata.properties.end() ? metadata.location + "/metadata" : own->second;
  while (out.ends_with('/')) out.pop_back();
  return out;
}

Status write_snapshot(const TableState& before, const TableMetadata& after, const std::string& run,
                      std::vector<ManifestFile> list, MadeSnapshot& out) {
  begin_snapshot(before, after, out.snapshot);
  return write_list(before, after, new_stem(after, file_stem(run)), list, out);
}

Status make_snapshot(const TableState& before, const TableMetadata& after,
                     const SnapshotChange& change, MadeSnapshot& out) {
  return SnapshotMaker(before, after, change, out).make();
}

}  // namespace sluice::iceberg
