#include "endpoint/ducklake/moved_catalogs.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

fs::path list_path(const std::string& data_path) {
  return fs::path(data_path) / ".sluice_moved.json";
}

// The database itself, whoever asks for it and by whichever path.
std::string place_of(const Location& location) {
  if (location.path.empty()) {
    return fmt::format("{}://{}:{}/{}?schema={}", location.catalog, location.host, location.port,
                       location.database, location.parameter("schema", ""));
  }
  std::error_code code;
  const fs::path path = fs::weakly_canonical(fs::absolute(location.path, code), code);
  return fmt::format("{}:{}", location.catalog, path.string());
}

Result<nlohmann::json> read_list(const std::string& data_path) {
  const fs::path path = list_path(data_path);
  std::error_code code;
  if (!fs::exists(path, code)) return nlohmann::json::array();
  TRY_ASSIGN(const std::string text, read_file(path));
  nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
  if (list.is_array()) return list;
  return fail(Error(ErrorKind::kCorrupt, fmt::format("\"{}\" is no list", path.string()))
                  .about(path.string())
                  .advise("it tells by which catalog the lake is written; where only one is left, "
                          "remove the file"));
}

Status write_list(const std::string& data_path, const nlohmann::json& list) {
  const fs::path path = list_path(data_path);
  if (!list.empty()) return write_file_atomically(path, list.dump(1) + "\n");
  std::error_code code;
  fs::remove(path, code);
  return code ? fail(errno_error(code.value(), "remove", path)) : Status();
}

}  // namespace

Status remember_move(const std::string& data_path, const std::string& run, const Location& from,
                     const Location& to) {
  TRY_ASSIGN(nlohmann::json list, read_list(data_path));
  for (const nlohmann::json& move : list) {
    if (move.value("run", "") == run) return {};
  }
  list.push_back({{"run", run}, {"from", place_of(from)}, {"to", place_of(to)}});
  return write_list(data_path, list);
}

Status forget_move(const std::string& data_path, const std::string& run) {
  TRY_ASSIGN(const nlohmann::json list, read_list(data_path));
  nlohmann::json left = nlohmann::json::array();
  for (const nlohmann::json& move : list) {
    if (move.value("run", "") != run) left.push_back(move);
  }
  return left.size() == list.size() ? Status() : write_list(data_path, left);
}

Status check_not_moved(const std::string& data_path, const Location& location) {
  TRY_ASSIGN(const nlohmann::json list, read_list(data_path));
  const std::string here = place_of(location);
  std::string went_to;
  std::string run;
  for (const nlohmann::json& move : list) {
    if (move.value("to", "") == here) went_to.clear();
    if (move.value("from", "") != here) continue;
    went_to = move.value("to", "");
    run = move.value("run", "");
  }
  if (went_to.empty()) return {};
  return fail(
      Error(ErrorKind::kConflict,
            fmt::format("run {} moved this catalog to {}: what is written or removed by the "
                        "old one is missing there",
                        run, went_to))
          .about(location.display())
          .code("moved")
          .advise("write by the new catalog; reading by the old one is safe until files "
                  "are removed"));
}

}  // namespace sluice::ducklake
