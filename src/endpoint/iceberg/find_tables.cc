#include "endpoint/iceberg/find_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/clock.h"
#include "base/text.h"
#include "lake_catalog/iceberg_files.h"
#include "model/s3_place.h"

namespace sluice::iceberg {
namespace {

constexpr int kDepthMax = 16;
constexpr std::string_view kFolder = "metadata/";

bool is_metadata(const std::string& name) {
  return name.ends_with(".metadata.json") || name.ends_with(".metadata.json.gz");
}

// The number before the first letter that is none; -1 where there is no number.
std::int64_t number_of(std::string_view name) {
  if (name.starts_with('v')) name.remove_prefix(1);
  std::int64_t number = -1;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

std::string last_part(const std::string& path) {
  const std::string folder = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  return folder.substr(folder.rfind('/') + 1);
}

class Walk {
 public:
  Walk(std::string place, const IcebergCatalogOptions& options)
      : place_(address_of_folder(std::move(place))),
        options_(options),
        files_(options.s3, options.cancel) {}

  Result<FoundTables> find() {
    // A store's root: keys of it begin behind the place.
    TRY_ASSIGN(const IcebergFile probe, files_.find(place_ + "/metadata"));
    store_ = probe.store;
    root_ = probe.key.substr(0, probe.key.size() - std::string_view("metadata").size());
    TRY(visit(root_, 0));
    std::sort(out_.tables.begin(), out_.tables.end(),
              [](const IcebergTable& a, const IcebergTable& b) { return a.name < b.name; });
    return std::move(out_);
  }

 private:
  Status visit(const std::string& folder, int depth) {
    if (depth > kDepthMax) return {};
    TRY_ASSIGN(const ListPage page, list(folder));
    const bool has_metadata = std::find(page.folders.begin(), page.folders.end(),
                                        folder + std::string(kFolder)) != page.folders.end();
    if (has_metadata) {
      TRY_ASSIGN(const bool is_table, take(folder));
      if (is_table) return {};
    }
    for (const std::string& inner : page.folders) {
      const std::string name = last_part(inner);
      if (name.starts_with('.') || name.starts_with('_')) continue;
      TRY(visit(inner, depth + 1));
    }
    return {};
  }

  Result<ListPage> list(const std::string& folder) {
    ListRequest request;
    request.prefix = folder;
    request.shallow = true;
    return list_all(*store_, request);
  }

  // Returns: whether the folder is a table.
  Result<bool> take(const std::string& folder) {
    TRY_ASSIGN(const ListPage page, list(folder + std::string(kFolder)));
    std::vector<std::string> newest;
    std::int64_t number = -1;
    for (const ObjectInfo& object : page.objects) {
      const std::string name = last_part(object.key);
      if (!is_metadata(name)) continue;
      const std::int64_t own = number_of(name);
      if (own < number) continue;
      if (own > number) newest.clear();
      number = own;
      newest.push_back(name);
    }
    if (newest.empty()) return false;
    TRY(add(folder, newest));
    return true;
  }

  Status add(const std::string& folder, const std::vector<std::string>& newest) {
    IcebergTable table;
    table.name = name_of(folder);
    table.s3 = options_.s3;
    const std::string below = folder.substr(root_.size());
    for (const std::string& name : newest) {
      const std::string address = fmt::format("{}/{}{}{}", place_, below, kFolder, name);
      TRY_ASSIGN(const std::string text, files_.read_metadata(address));
      TRY_ASSIGN(TableMetadata read, parse_metadata(text, address));
      const bool is_later =
          table.metadata_location.empty() || read.last_updated_ms > table.metadata.last_updated_ms;
      if (!is_later) continue;
      table.metadata = std::move(read);
      table.metadata_location = address;
    }
    if (newest.size() > 1) {
      out_.findings.push_back(
          {"uncertain_metadata", table.name.text(),
           fmt::format(
               "{} metadata files have its highest number, as after two commits at once; "
               "\"{}\" was written last and is read. The table's catalog knows which counts",
               newest.size(), last_part(table.metadata_location))});
    }
    out_.tables.push_back(std::move(table));
    return {};
  }

  IcebergName name_of(const std::string& folder) const {
    std::string below = folder.substr(root_.size());
    if (below.empty()) return {"", last_part(place_)};
    below.pop_back();
    const std::size_t slash = below.rfind('/');
    if (slash == std::string::npos) return {"", below};
    return {replace_all(below.substr(0, slash), "/", "."), below.substr(slash + 1)};
  }

  std::string place_;
  const IcebergCatalogOptions& options_;
  IcebergFiles files_;
  std::shared_ptr<Store> store_;
  std::string root_;  // "" or a key that ends in /
  FoundTables out_;
};

}  // namespace

Result<FoundTables> find_tables(const std::string& place, const IcebergCatalogOptions& options) {
  std::error_code code;
  if (!is_s3(place) && !std::filesystem::is_directory(place, code)) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is no folder", place))
                    .about(place)
                    .advise("a table is a folder with a folder metadata in it"));
  }
  return Walk(place, options).find();
}

}  // namespace sluice::iceberg
