#include "endpoint/iceberg/check_manifests.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/parallel.h"
#include "endpoint/iceberg/live_files.h"
#include "endpoint/iceberg/table_files.h"

namespace sluice::iceberg {

LakeFinding finding_of(const TableState& table, const std::string& kind, const std::string& file,
                       const std::string& message) {
  LakeFinding out;
  out.kind = kind;
  out.table = table.name.display();
  out.file = file;
  out.message = message;
  return out;
}

bool says_nothing(const Error& error) {
  return error.kind == ErrorKind::kDenied || error.kind == ErrorKind::kTransient ||
         error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kLimit;
}

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What the line of a manifest in a list says, and what is so.
struct Count {
  const char* what;
  std::optional<std::int64_t> said;
  std::optional<std::int64_t> found;
};

std::vector<Count> counts_of(const ManifestFile& said, const ManifestFile& found) {
  const auto number = [](const std::optional<std::int32_t>& value) {
    return value ? std::optional<std::int64_t>(*value) : std::nullopt;
  };
  return {{"added files", number(said.added_files), number(found.added_files)},
          {"existing files", number(said.existing_files), number(found.existing_files)},
          {"deleted files", number(said.deleted_files), number(found.deleted_files)},
          {"added rows", said.added_rows, found.added_rows},
          {"existing rows", said.existing_rows, found.existing_rows},
          {"deleted rows", said.deleted_rows, found.deleted_rows}};
}

class ManifestCheck {
 public:
  explicit ManifestCheck(const TableState& table) : table_(table) {}

  Result<CheckedManifests> run() {
    out_.known = files_of_metadata(*table_.table);
    check_snapshots();
    check_references();
    TRY(note_metadata_log());
    for (const Snapshot& snapshot : table_.metadata().snapshots) TRY(read_list(snapshot));
    std::vector<std::vector<ManifestFile>> lines;
    for (auto& [path, same] : lines_) lines.push_back(std::move(same));
    std::vector<Result<Manifest>> manifests(lines.size(), fail(ErrorKind::kInternal, "not read"));
    TRY(for_each_parallel(kReaders, lines.size(), [&](std::size_t i) -> Status {
      manifests[i] = load_manifest(table_, lines[i].front());
      return {};
    }));
    for (std::size_t i = 0; i < lines.size(); ++i) TRY(check(lines[i], manifests[i]));
    return std::move(out_);
  }

 private:
  void add(const std::string& kind, const std::string& file, const std::string& message,
           const std::string& hint = "") {
    out_.findings.push_back(finding_of(table_, kind, file, message));
    out_.findings.back().hint = hint;
  }

  void check_snapshots() {
    const TableMetadata& metadata = table_.metadata();
    for (const Snapshot& snapshot : metadata.snapshots) {
      const bool has_schema =
          !snapshot.schema_id || metadata.find_schema(*snapshot.schema_id) != nullptr;
      if (!has_schema) {
        add("missing_schema", table_.table->metadata_location,
            fmt::format("snapshot {} has schema {}, which the table does not have", snapshot.id,
                        *snapshot.schema_id));
      }
      if (snapshot.sequence_number > metadata.last_sequence_number) {
        add("number_in_use", table_.table->metadata_location,
            fmt::format("snapshot {} has sequence number {}, the table's last is {}", snapshot.id,
                        snapshot.sequence_number, metadata.last_sequence_number));
      }
    }
  }

  void check_references() {
    for (const auto& [name, ref] : table_.metadata().refs) {
      if (table_.metadata().find_snapshot(ref.snapshot_id) != nullptr) continue;
      add("missing_snapshot", table_.table->metadata_location,
          fmt::format("{} \"{}\" is snapshot {}, which the table does not have",
                      ref.is_tag ? "tag" : "branch", name, ref.snapshot_id),
          "`sluice lake fsck --repair` removes it");
    }
  }

  // Catalogs delete old ones, and nobody needs them to read the table.
  Status note_metadata_log() {
    for (const MetadataLogEntry& entry : table_.metadata().metadata_log) {
      const auto found = table_.files->head(entry.metadata_file);
      if (found) continue;
      if (says_nothing(found.error())) return fail(found.error());
      if (found.error().kind != ErrorKind::kNotFound) continue;
      out_.notes.push_back(finding_of(table_, "missing_old_metadata", entry.metadata_file,
                                      "an earlier metadata file is not there any more"));
    }
    return {};
  }

  Status read_list(const Snapshot& snapshot) {
    if (!snapshot.manifest_list.empty()) out_.known.insert(plain_address(snapshot.manifest_list));
    const auto list = manifest_list(table_, snapshot);
    if (!list) {
      if (says_nothing(list.error())) return fail(list.error());
      const bool is_missing = list.error().kind == ErrorKind::kNotFound;
      add(is_missing ? "missing_manifest_list" : "damaged_manifest_list", snapshot.manifest_list,
          fmt::format("snapshot {}: {}", snapshot.id, first_line(list.error().message)),
          "the snapshot cannot be read; `sluice lake snapshots` lists the others");
      return {};
    }
    for (const ManifestFile& line : *list) {
      out_.known.insert(plain_address(line.path));
      std::vector<ManifestFile>& same = lines_[line.path];
      if (std::find(same.begin(), same.end(), line) == same.end()) same.push_back(line);
    }
    return {};
  }

  // `lines`: of one manifest, as the lists have it.
  Status check(const std::vector<ManifestFile>& lines, const Result<Manifest>& manifest) {
    if (!manifest) {
      if (says_nothing(manifest.error())) return fail(manifest.error());
      const bool is_missing = manifest.error().kind == ErrorKind::kNotFound;
      add(is_missing ? "missing_manifest" : "damaged_manifest", lines.front().path,
          first_line(manifest.error().message), "snapshots that have it cannot be read");
      return {};
    }
    for (const ManifestEntry& entry : manifest->entries) {
      out_.known.insert(plain_address(entry.file.path));
      if (entry.status == EntryStatus::kDeleted) continue;
      out_.files.emplace(entry.file.path, NamedFile{entry.file.content, entry.file.file_size});
    }
    for (const ManifestFile& line : lines) {
      TRY(check_length(line));
      check_counts(line, *manifest);
    }
    return {};
  }

  Status check_length(const ManifestFile& line) {
    if (line.length == 0) return {};  // version 1 may not say it
    TRY_ASSIGN(const ObjectInfo found, table_.files->head(line.path));
    if (found.size == static_cast<std::uint64_t>(line.length)) return {};
    add("wrong_manifest_size", line.path,
        fmt::format("the manifest has {} bytes, its list says {}", found.size, line.length));
    out_.findings.back().expected = fmt::format("{} bytes", line.length);
    out_.findings.back().found = fmt::format("{} bytes", found.size);
    return {};
  }

  void check_counts(const ManifestFile& line, const Manifest& manifest) {
    if (manifest.spec.id != line.spec_id) {
      add("wrong_manifest", line.path,
          fmt::format("the manifest has partition spec {}, its list says {}", manifest.spec.id,
                      line.spec_id));
    }
    if (manifest.content != line.content) {
      add("wrong_manifest", line.path, "the manifest has other files than its list says");
    }
    ManifestFile found = line;
    summarise(manifest, table_.metadata().schemas, found);
    for (const Count& count : counts_of(line, found)) {
      if (!count.said || !count.found || *count.said == *count.found) continue;
      add("wrong_manifest_count", line.path,
          fmt::format("the manifest has {} {}, its list says {}", *count.found, count.what,
                      *count.said),
          "readers skip manifests by these counts");
      out_.findings.back().expected = fmt::format("{} {}", *count.said, count.what);
      out_.findings.back().found = fmt::format("{} {}", *count.found, count.what);
    }
    check_summaries(line, manifest, found);
  }

  // Readers leave manifests out by the bounds of their partitions.
  void check_summaries(const ManifestFile& line, const Manifest& manifest,
                       const ManifestFile& found) {
    const std::vector<Column> columns = partition_columns(manifest.spec, table_.metadata().schemas,
                                                          table_.metadata().current_schema_id);
    const std::size_t count =
        std::min({columns.size(), line.partitions.size(), found.partitions.size()});
    for (std::size_t i = 0; i < count; ++i) {
      const FieldSummary& said = line.partitions[i];
      const FieldSummary& is = found.partitions[i];
      const bool lacks_null = is.contains_null && !said.contains_null;
      if (!lacks_null && holds(columns[i].type, said.lower_bound, is.lower_bound) &&
          holds(columns[i].type, is.upper_bound, said.upper_bound)) {
        continue;
      }
      add("wrong_manifest_bounds", line.path,
          fmt::format("the list's bounds of partition field \"{}\" do not bound the manifest's "
                      "values",
                      columns[i].name),
          "readers that filter by it miss rows");
      out_.findings.back().column = columns[i].name;
    }
  }

  // Whether low <= high, where both are known.
  static bool holds(const ColumnType& type, const std::optional<std::string>& low,
                    const std::optional<std::string>& high) {
    if (!low || !high || type.id == TypeId::kUnknown) return true;
    const auto below = from_bytes(type, *low);
    const auto above = from_bytes(type, *high);
    return below && above && compare(type, *below, *above) <= 0;
  }

  const TableState& table_;
  CheckedManifests out_;
  std::map<std::string, std::vector<ManifestFile>> lines_;  // by path
};

}  // namespace

Result<CheckedManifests> check_manifests(const TableState& table) {
  return ManifestCheck(table).run();
}

}  // namespace sluice::iceberg
