#include "format/iceberg/applied_deletes.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::iceberg {
namespace {

std::string value_key(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* single = std::get_if<float>(&value)) return fmt::format("{:a}", *single);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:a}", *number);
  if (const auto* decimal = std::get_if<Decimal>(&value)) return minimal_bytes(decimal->unscaled);
  return std::get<std::string>(value);
}

bool is_unpartitioned(const PartitionSpec& spec) {
  return std::all_of(spec.fields.begin(), spec.fields.end(), [](const PartitionField& field) {
    return field.transform.kind == TransformKind::kVoid;
  });
}

std::int64_t age(const ManifestEntry& entry) { return entry.sequence_number.value_or(0); }

const std::vector<const ManifestEntry*>* find(
    const std::map<std::string, std::vector<const ManifestEntry*>>& all, const std::string& key) {
  const auto found = all.find(key);
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace

std::string partition_key(const PartitionSpec& spec, const DataFile& file) {
  std::string out = std::to_string(spec.id);
  for (const Value& value : file.partition) {
    if (is_null(value)) {
      out += "|n";
      continue;
    }
    const std::string text = value_key(value);
    out += fmt::format("|{}:{}", text.size(), text);
  }
  return out;
}

Status DeleteIndex::add(const ManifestEntry& entry, const PartitionSpec& spec) {
  const DataFile& file = entry.file;
  const auto corrupt = [&](const std::string& what) {
    return fail(ErrorKind::kCorrupt, fmt::format("delete file \"{}\": {}", file.path, what));
  };
  if (entry.status == EntryStatus::kDeleted) return {};
  if (file.content == FileContent::kData) return corrupt("it is a data file");
  if (file.is_deletion_vector()) {
    if (!file.referenced_data_file) return corrupt("a deletion vector names no data file");
    if (!file.content_offset || !file.content_size) {
      return corrupt("a deletion vector has no offset or no size");
    }
    if (!vectors_.emplace(*file.referenced_data_file, &entry).second) {
      return corrupt(fmt::format("data file \"{}\" has another deletion vector in \"{}\"",
                                 *file.referenced_data_file,
                                 vectors_.at(*file.referenced_data_file)->file.path));
    }
    return {};
  }
  if (file.content == FileContent::kPositionDeletes) {
    if (file.referenced_data_file) {
      position_of_file_[*file.referenced_data_file].push_back(&entry);
    } else {
      position_[partition_key(spec, file)].push_back(&entry);
    }
    return {};
  }
  if (file.equality_ids.empty()) return corrupt("an equality delete file names no columns");
  if (is_unpartitioned(spec)) {
    global_equality_.push_back(&entry);
  } else {
    equality_[partition_key(spec, file)].push_back(&entry);
  }
  return {};
}

AppliedDeletes DeleteIndex::of(const ManifestEntry& data, const PartitionSpec& spec) const {
  AppliedDeletes out;
  const std::string key = partition_key(spec, data.file);
  const auto take = [&](const Entries* from, std::int64_t oldest, Entries& to) {
    if (from == nullptr) return;
    for (const ManifestEntry* entry : *from) {
      if (age(*entry) >= oldest) to.push_back(entry);
    }
  };
  const auto vector = vectors_.find(data.file.path);
  if (vector != vectors_.end() && age(*vector->second) >= age(data)) out.vector = vector->second;
  if (out.vector == nullptr) {
    take(find(position_of_file_, data.file.path), age(data), out.position);
    take(find(position_, key), age(data), out.position);
  }
  // Equality deletes are of what was there before them.
  take(&global_equality_, age(data) + 1, out.equality);
  take(find(equality_, key), age(data) + 1, out.equality);
  return out;
}

}  // namespace sluice::iceberg
