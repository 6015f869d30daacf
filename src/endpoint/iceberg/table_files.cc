#include "endpoint/iceberg/table_files.h"

#include <map>
#include <mutex>

#include "base/parallel.h"
#include "endpoint/iceberg/live_files.h"
#include "model/s3_place.h"

namespace sluice::iceberg {

std::string plain_address(const std::string& address) {
  const std::string path = local_path(address);
  if (!path.empty()) return path;
  return is_s3(address) ? "s3" + address.substr(address.find("://")) : address;
}

Result<std::vector<ObjectInfo>> list_files(const TableState& table) {
  std::string place = table.metadata().location;
  while (place.ends_with('/')) place.pop_back();
  TRY_ASSIGN(const IcebergFile probe, table.files->find(place + "/x"));
  const std::string root = probe.key.substr(0, probe.key.size() - 1);
  ListRequest request;
  request.prefix = root;
  TRY_ASSIGN(ListPage page, list_all(*probe.store, request));
  for (ObjectInfo& object : page.objects) {
    object.key = plain_address(place + "/" + object.key.substr(root.size()));
  }
  return std::move(page.objects);
}

std::set<std::string> files_of_metadata(const IcebergTable& table) {
  std::set<std::string> out = {plain_address(table.metadata_location)};
  for (const MetadataLogEntry& entry : table.metadata.metadata_log) {
    out.insert(plain_address(entry.metadata_file));
  }
  for (const Json* files : {&table.metadata.statistics, &table.metadata.partition_statistics}) {
    for (const Json& file : *files) {
      const auto path = file.find("statistics-path");
      if (path == file.end() || !path->is_string()) continue;
      out.insert(plain_address(path->get<std::string>()));
    }
  }
  return out;
}

Result<std::set<std::string>> files_of_snapshots(const TableState& table,
                                                 const std::vector<const Snapshot*>& snapshots) {
  std::set<std::string> out;
  std::map<std::string, ManifestFile> manifests;
  for (const Snapshot* snapshot : snapshots) {
    TRY_ASSIGN(const auto list, manifest_list(table, *snapshot));
    if (!snapshot->manifest_list.empty()) out.insert(plain_address(snapshot->manifest_list));
    for (const ManifestFile& line : list) manifests.emplace(line.path, line);
  }
  std::vector<const ManifestFile*> lines;
  for (const auto& [path, line] : manifests) lines.push_back(&line);
  std::mutex mutex;
  TRY(for_each_parallel(kReaders, lines.size(), [&](std::size_t i) -> Status {
    TRY_ASSIGN(const Manifest manifest, load_manifest(table, *lines[i]));
    const std::lock_guard lock(mutex);
    out.insert(plain_address(lines[i]->path));
    for (const ManifestEntry& entry : manifest.entries) {
      if (entry.status != EntryStatus::kDeleted) out.insert(plain_address(entry.file.path));
    }
    return {};
  }));
  return out;
}

std::set<std::string> places_within(const std::vector<std::shared_ptr<const IcebergTable>>& all,
                                    const IcebergTable& table) {
  std::set<std::string> out;
  const std::string own = plain_address(table.metadata.location) + "/";
  for (const auto& other : all) {
    const std::string place = plain_address(other->metadata.location) + "/";
    if (place != own && place.starts_with(own)) out.insert(place);
  }
  return out;
}

}  // namespace sluice::iceberg
