#include "operations/recognise.h"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "base/text.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct Ending {
  std::string_view text;
  std::string_view kind;
};
constexpr std::array kEndings = {
    Ending{".duckdb", "duckdb"},  Ending{".ddb", "duckdb"},      Ending{".sqlite", "sqlite"},
    Ending{".sqlite3", "sqlite"}, Ending{".parquet", "parquet"}, Ending{".csv", "csv"},
    Ending{".csv.gz", "csv"},     Ending{".tsv", "csv"},         Ending{".json", "json"},
    Ending{".ndjson", "json"},    Ending{".jsonl", "json"},
};

std::string kind_by_ending(const std::string& path) {
  const std::string lower = to_lower(path);
  for (const Ending& ending : kEndings) {
    if (lower.ends_with(ending.text)) return std::string(ending.kind);
  }
  return "";
}

std::string kind_of_folder(const fs::path& folder) {
  std::error_code code;
  std::string found;
  fs::recursive_directory_iterator walk(folder, code);
  for (const fs::recursive_directory_iterator end; !code && walk != end; walk.increment(code)) {
    const std::string name = walk->path().filename().string();
    if (name.starts_with('.') || name.starts_with('_')) {
      walk.disable_recursion_pending();
      continue;
    }
    if (!walk->is_regular_file(code)) continue;
    const std::string kind = kind_by_ending(name);
    if (kind == "parquet") return kind;
    if (found.empty() && (kind == "csv" || kind == "json")) found = kind;
  }
  return found;
}

// A mistyped URI is taken for a path: what stands where a password would is not shown.
std::string shown(const std::string& path) {
  const std::size_t at = path.rfind('@');
  const std::size_t colon = at == std::string::npos ? at : path.rfind(':', at);
  if (colon == std::string::npos) return path;
  return path.substr(0, colon + 1) + "****" + path.substr(at);
}

std::unexpected<Error> unknown(const std::string& path, const std::string& what) {
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("\"{}\" {}", path, what))
          .about(path)
          .advise("say what it is: duckdb:PATH, sqlite:PATH, parquet:DIR, csv:DIR, json:DIR, "
                  "postgres://USER@HOST:PORT/DB or mysql://USER@HOST:PORT/DB"));
}

}  // namespace

std::string kind_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 16> head{};
  in.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<std::size_t>(in.gcount()));
  if (bytes.starts_with("SQLite format 3")) return "sqlite";
  if (bytes.size() >= 12 && bytes.substr(8, 4) == "DUCK") return "duckdb";
  if (bytes.starts_with("PAR1")) return "parquet";
  const std::string kind = kind_by_ending(path.string());
  return kind == "csv" || kind == "json" ? kind : "";
}

Result<Location> recognise(Location location) {
  if (!location.kind.empty()) return location;
  const std::string& path = location.path;
  std::error_code code;
  if (fs::is_directory(path, code)) {
    location.kind = kind_of_folder(path);
    if (location.kind.empty()) return unknown(path, "is a folder without a table in it");
    return location;
  }
  if (fs::exists(path, code)) {
    location.kind = kind_of_file(path);
    if (location.kind.empty()) location.kind = kind_by_ending(path);
    if (location.kind.empty())
      return unknown(path, "is a file of a kind that sluice does not know");
    return location;
  }
  location.kind = kind_by_ending(path);
  if (!location.kind.empty()) return location;  // a target that will be made
  return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", shown(path)))
                  .about(shown(path))
                  .advise("a location is a path, a name from sluice.toml, or KIND:PATH such as "
                          "duckdb:PATH for one that is to be made"));
}

}  // namespace sluice
