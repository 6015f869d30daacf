#include "endpoint/iceberg/live_files.h"

#include <fmt/format.h>

#include "base/parallel.h"

namespace sluice::iceberg {
namespace {

Error of_table(Error error, const TableState& table, const std::string& file) {
  error.message = fmt::format("table \"{}\", {}: {}", table.name.display(), file, error.message);
  error.object = table.name.display();
  if (error.hint.empty() && error.kind == ErrorKind::kNotFound) {
    error.hint =
        "the file was removed, or the table was copied without it; `sluice lake fsck` "
        "names all that are missing";
  }
  return error;
}

Result<std::string> read_named(const TableState& table, const std::string& address,
                               const char* what) {
  auto bytes = table.files->read(address);
  if (bytes) return bytes;
  return fail(of_table(std::move(bytes.error()), table, fmt::format("{} {}", what, address)));
}

// Whether nothing in it is there any more, as far as its line in the list says.
bool is_empty(const ManifestFile& file) {
  return file.added_files == 0 && file.existing_files == 0;
}

}  // namespace

class FilesReader {
 public:
  FilesReader(const TableState& table, Metrics of_data) : table_(table), of_data_(of_data) {}

  Result<std::shared_ptr<const LiveFiles>> read() {
    if (table_.snapshot == nullptr) return out_;
    TRY_ASSIGN(out_->list_, manifest_list(table_, *table_.snapshot));
    out_->manifests_->resize(out_->list_.size());
    TRY(for_each_parallel(kReaders, out_->list_.size(), [&](std::size_t i) -> Status {
      if (is_empty(out_->list_[i])) return {};
      // Whether a delete file applies is told by its bounds.
      const bool is_data = out_->list_[i].content == ManifestContent::kData;
      const Metrics metrics = is_data ? of_data_ : Metrics::kRead;
      TRY_ASSIGN((*out_->manifests_)[i], load_manifest(table_, out_->list_[i], metrics));
      return {};
    }));
    for (const Manifest& manifest : *out_->manifests_) collect(manifest);
    TRY(apply_deletes());
    return out_;
  }

 private:
  void collect(const Manifest& manifest) {
    for (const ManifestEntry& entry : manifest.entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      const bool is_data = entry.file.content == FileContent::kData;
      (is_data ? out_->files_ : out_->delete_files_).push_back({&entry, &manifest.spec, {}});
    }
  }

  Status apply_deletes() {
    if (out_->delete_files_.empty()) return {};
    DeleteIndex index;
    for (const LiveFile& file : out_->delete_files_) {
      Status added = index.add(*file.entry, *file.spec);
      if (!added) return fail(of_table(std::move(added.error()), table_, "its deletes"));
    }
    for (LiveFile& file : out_->files_) file.deletes = index.of(*file.entry, *file.spec);
    return {};
  }

  const TableState& table_;
  Metrics of_data_;
  std::shared_ptr<LiveFiles> out_ = std::make_shared<LiveFiles>();
};

Result<std::vector<ManifestFile>> manifest_list(const TableState& table, const Snapshot& snapshot) {
  if (!snapshot.manifest_list.empty()) {
    TRY_ASSIGN(const std::string bytes, read_named(table, snapshot.manifest_list, "manifest list"));
    auto list = read_manifest_list(bytes, snapshot.manifest_list);
    if (!list) return fail(of_table(std::move(list.error()), table, "its manifest list"));
    return list;
  }
  std::vector<ManifestFile> out;
  for (const std::string& path : snapshot.manifests) {
    ManifestFile& file = out.emplace_back();
    file.path = path;
    file.added_snapshot_id = snapshot.id;
  }
  return out;
}

Result<Manifest> load_manifest(const TableState& table, const ManifestFile& file, Metrics metrics) {
  TRY_ASSIGN(const std::string bytes, read_named(table, file.path, "manifest"));
  auto manifest = read_manifest(bytes, file.path, metrics);
  if (!manifest) return fail(of_table(std::move(manifest.error()), table, "its manifest"));
  Status inherited = inherit(*manifest, file);
  if (!inherited) return fail(of_table(std::move(inherited.error()), table, file.path));
  return manifest;
}

std::string delete_key(const DataFile& file) {
  return fmt::format("{}:{}", file.path, file.content_offset.value_or(0));
}

std::string rows_key(const LiveFile& file, std::optional<std::int64_t> newest) {
  std::string out = file.data().path;
  const auto add = [&](const ManifestEntry* entry) { out += '\n' + delete_key(entry->file); };
  if (file.deletes.vector != nullptr) add(file.deletes.vector);
  for (const ManifestEntry* entry : file.deletes.position) add(entry);
  for (const ManifestEntry* entry : file.deletes.equality) {
    if (!newest || entry->sequence_number.value_or(0) <= *newest) add(entry);
  }
  return out;
}

std::shared_ptr<const LiveFiles> LiveFiles::without(const std::set<std::string>& keys) const {
  auto out = std::make_shared<LiveFiles>(*this);
  std::erase_if(out->files_, [&](const LiveFile& file) { return keys.contains(rows_key(file)); });
  return out;
}

std::shared_ptr<const LiveFiles> LiveFiles::of(const TableState& table,
                                               std::vector<DataFile> files) {
  auto out = std::make_shared<LiveFiles>();
  Manifest& manifest = out->manifests_->emplace_back();
  manifest.schema = table.schema;
  manifest.spec = table.metadata().spec();
  for (DataFile& file : files) manifest.entries.emplace_back().file = std::move(file);
  for (const ManifestEntry& entry : manifest.entries) {
    out->files_.push_back({&entry, &manifest.spec, {}});
  }
  return out;
}

Result<std::shared_ptr<const LiveFiles>> LiveFiles::load(const TableState& table, Metrics of_data) {
  return FilesReader(table, of_data).read();
}

}  // namespace sluice::iceberg
