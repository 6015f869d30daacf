#include "backup/archive_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.h"

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kArchiveVersion = 1;

std::string dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

bool is_inside(const std::string& name) {
  const std::filesystem::path path(name);
  return !name.empty() && path.is_relative() &&
         std::find(path.begin(), path.end(), "..") == path.end();
}

Error corrupt(const std::string& path, const std::string& what) {
  return Error(ErrorKind::kCorrupt, fmt::format("manifest \"{}\": {}", path, what)).about(path);
}

}  // namespace

std::string encode_manifest(const ArchiveManifest& manifest) {
  Json json = {{"sluice_archive", kArchiveVersion},
               {"id", manifest.id},
               {"location", manifest.location},
               {"kind", manifest.kind},
               {"catalog", manifest.catalog},
               {"created_at", manifest.created_at},
               {"snapshot", manifest.snapshot ? Json(*manifest.snapshot) : Json(nullptr)},
               {"data_path", manifest.data_path},
               {"drilled", manifest.drilled},
               {"tables", Json::array()},
               {"files", Json::array()}};
  if (!manifest.traits.empty()) json["traits"] = manifest.traits;
  for (const ArchivedContent& table : manifest.tables) {
    json["tables"].push_back(
        {{"table", table.table}, {"rows", table.rows}, {"digest", table.digest}});
  }
  for (const ArchivedFile& file : manifest.files) {
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  json["sha256"] = sha256_hex(dump(json));
  return dump(json) + "\n";
}

Result<ArchiveManifest> decode_manifest(std::string_view text, const std::string& path) {
  Json json = Json::parse(text, nullptr, false);
  try {
    const std::string sha256 = json.at("sha256");
    json.erase("sha256");
    const std::string found = sha256_hex(dump(json));
    json["sha256"] = sha256;
    if (found != sha256 || dump(json) + "\n" != text) {
      return fail(corrupt(path, fmt::format("SHA-256 is {}, was {}", found, sha256)));
    }
    const int version = json.at("sluice_archive");
    if (version != kArchiveVersion) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("archive \"{}\" has version {}, this sluice reads {}", path,
                                    version, kArchiveVersion))
                      .about(path));
    }
    ArchiveManifest out;
    out.id = json.at("id");
    out.location = json.at("location");
    out.kind = json.at("kind");
    out.catalog = json.at("catalog");
    out.created_at = json.at("created_at");
    if (!json.at("snapshot").is_null()) out.snapshot = json.at("snapshot").get<std::int64_t>();
    out.data_path = json.at("data_path");
    out.drilled = json.at("drilled");
    if (json.contains("traits")) out.traits = json.at("traits").get<ArchivedTraits>();
    for (const Json& table : json.at("tables")) {
      out.tables.push_back({table.at("table"), table.at("rows"), table.at("digest")});
    }
    for (const Json& file : json.at("files")) {
      out.files.push_back({file.at("path"), file.at("bytes"), file.at("sha256")});
      if (!is_inside(out.files.back().path)) {
        return fail(corrupt(path, "a file is outside of it: " + out.files.back().path));
      }
    }
    return out;
  } catch (const Json::exception& problem) {
    return fail(corrupt(path, problem.what()));
  }
}

}  // namespace sluice
