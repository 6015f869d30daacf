#include "operations/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

#include "base/text.h"
#include "config/nearest.h"
#include "model/s3_place.h"

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

bool is_delta_table(const fs::path& folder) {
  std::error_code code;
  return fs::is_directory(folder / "_delta_log", code);
}

// A lake table's files are not all in the table: it is looked for before they are.
std::string kind_of_folder(const fs::path& folder) {
  std::error_code code;
  std::string found;
  if (is_delta_table(folder)) return "delta";
  if (is_iceberg_table(folder)) return "iceberg";
  fs::recursive_directory_iterator walk(folder, code);
  for (const fs::recursive_directory_iterator end; !code && walk != end; walk.increment(code)) {
    const std::string name = walk->path().filename().string();
    if (name.starts_with('.') || name.starts_with('_')) {
      walk.disable_recursion_pending();
      continue;
    }
    if (walk->is_directory(code)) {
      if (is_delta_table(walk->path())) return "delta";
      if (is_iceberg_table(walk->path())) return "iceberg";
    }
    if (!walk->is_regular_file(code)) continue;
    const std::string kind = kind_by_ending(name);
    if (kind == "parquet") return kind;
    if (found.empty() && (kind == "csv" || kind == "json")) found = kind;
  }
  return found;
}

// "foo" of "foo:bar", which is no file; "" of a path. One letter is a drive's, no kind's.
std::string unknown_kind(const std::string& path) {
  const std::size_t colon = path.find(':');
  if (colon == std::string::npos || colon < 2) return "";
  const std::string kind = path.substr(0, colon);
  const bool word = std::all_of(kind.begin(), kind.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-';
  });
  return word ? kind : "";
}

std::unexpected<Error> no_such_kind(const std::string& path, const std::string& kind,
                                    std::string_view what, std::string_view known) {
  return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}:\" is no kind of {}", kind, what))
                  .about(shown_location(path))
                  .advise(fmt::format("{}; a path that begins like this is written ./{}", known,
                                      shown_location(path))));
}

// Where the files of a location are: a lake's can be elsewhere than its catalog.
std::string files_of(const Location& location) {
  if (location.kind == "ducklake") return location.parameter("data_path", "");
  return location.kind == "iceberg" && !location.catalog.empty()
             ? location.parameter("warehouse", "")
             : location.path;
}

// One spelling for a place: s3a and s3n are other programs' names of s3.
Result<Location> with_place(Location location) {
  const std::string files = files_of(location);
  if (!is_s3(files)) return location;
  TRY_ASSIGN(const S3Place place, parse_s3(files));
  if (location.kind.empty()) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("\"{}\" does not say what is there", place.uri()))
            .about(place.uri())
            .advise(fmt::format("say what it is: delta:{}", place.uri())));
  }
  if (location.kind == "ducklake") {
    location.parameters["data_path"] = place.uri();
    return location;
  }
  if (location.kind == "iceberg") {
    (location.catalog.empty() ? location.path : location.parameters["warehouse"]) = place.uri();
    return location;
  }
  if (location.kind == "delta") {
    location.path = place.uri();
    return location;
  }
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("\"{}\": locations of kind {} cannot be on S3", place.uri(), location.kind))
          .about(place.uri())
          .code("s3")
          .advise("copy the files to this machine, with `aws s3 sync` for one, and name "
                  "that folder"));
}

std::vector<std::string> parameters_of_kind(const Location& location) {
  if (location.kind == "ducklake") {
    return {"data_path", "metadata_schema", "schema", "snapshot", "at"};
  }
  if (location.kind == "delta") return {"snapshot", "at", "timezone", "schema", "catalog"};
  if (location.kind == "iceberg") {
    return {"warehouse", "catalog", "metadata_schema", "schema",   "table",
            "snapshot",  "at",      "staging",         "endpoint", "region",
            "url_style", "profile", "target_file_size"};
  }
  return {"schema"};
}

// Of locations without a server; a server's client knows its own.
std::vector<std::string> parameters_of(const Location& location) {
  std::vector<std::string> known = parameters_of_kind(location);
  const std::string files = files_of(location);
  // A lake's catalog may say that its files are there.
  if (is_s3(files) || (location.kind == "ducklake" && files.empty())) {
    known.insert(known.end(), kS3Parameters.begin(), kS3Parameters.end());
  }
  return known;
}

Status check_parameters(const Location& location) {
  if (location.path.empty()) return {};
  const std::vector<std::string> known = parameters_of(location);
  for (const auto& [name, value] : location.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = nearest_name(name, known);
    std::string hint = nearest.empty() ? "" : fmt::format("did you mean {}? ", nearest);
    hint += "known are " + join(known, ", ") + "; a ? in a path is written %3F";
    return fail(Error(ErrorKind::kInvalid, fmt::format("parameter \"{}\" of \"{}\" is not known",
                                                       name, location.display()))
                    .about(location.display())
                    .advise(hint));
  }
  return {};
}

std::unexpected<Error> unknown(const std::string& path, const std::string& what) {
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("\"{}\" {}", path, what))
          .about(path)
          .advise(
              "say what it is: duckdb:PATH, sqlite:PATH, parquet:DIR, csv:DIR, json:DIR, "
              "delta:DIR, iceberg:DIR, postgres://USER@HOST:PORT/DB or mysql://USER@HOST:PORT/DB"));
}

}  // namespace

bool is_iceberg_table(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator entries(folder / "metadata", code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    const std::string name = entries->path().filename().string();
    if (name.ends_with(".metadata.json") || name.ends_with(".metadata.json.gz")) return true;
  }
  return false;
}

std::string shown_location(const std::string& path) {
  const std::size_t at = path.rfind('@');
  const std::size_t colon = at == std::string::npos ? at : path.rfind(':', at);
  if (colon == std::string::npos) return path;
  return path.substr(0, colon + 1) + "****" + path.substr(at);
}

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

// The database that keeps a lake's catalog, where the location does not name it.
static Result<Location> recognise_catalog(Location location) {
  std::error_code code;
  const std::string& path = location.path;
  if (fs::is_regular_file(path, code)) {
    location.catalog = kind_of_file(path);
  } else if (unknown_kind(path).empty()) {
    location.catalog = kind_by_ending(path);
  }
  if (location.catalog == "sqlite" || location.catalog == "duckdb") return location;
  if (const std::string kind = unknown_kind(path); !kind.empty()) {
    return no_such_kind(path, kind, "catalog",
                        "catalogs are ducklake:sqlite:PATH, ducklake:duckdb:PATH and "
                        "ducklake:postgres://USER@HOST:PORT/DB");
  }
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("\"ducklake:{}\" does not say what keeps the lake's catalog",
                                shown_location(path)))
                  .about(shown_location(path))
                  .advise("type ducklake:sqlite:PATH or ducklake:postgres://USER@HOST:PORT/DB"));
}

// A database of another kind than the one that is typed: its client could only say that it is
// broken.
static Status check_catalog_kind(const Location& location) {
  std::error_code code;
  const std::string& path = location.path;
  if (location.kind != "ducklake" || !fs::is_regular_file(path, code)) return {};
  const std::string found = kind_of_file(path);
  if ((found != "sqlite" && found != "duckdb") || found == location.catalog) return {};
  return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" is a file of kind {}, not {}", path,
                                                     found, location.catalog))
                  .about(path)
                  .advise("type " + shell_word("ducklake:" + found + ":" + path)));
}

static Result<Location> recognise_kind(Location location) {
  if (location.kind == "ducklake" && location.catalog.empty()) {
    return recognise_catalog(std::move(location));
  }
  TRY(check_catalog_kind(location));
  if (!location.kind.empty() || is_s3(location.path)) return location;
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
  if (const std::string kind = unknown_kind(path); !kind.empty()) {
    return no_such_kind(path, kind, "location",
                        "the kinds are duckdb, sqlite, postgres, mysql, parquet, ducklake, delta, "
                        "iceberg, csv and json: duckdb:PATH, postgres://USER@HOST:PORT/DB, "
                        "ducklake:sqlite:PATH");
  }
  location.kind = kind_by_ending(path);
  if (!location.kind.empty()) return location;  // a target that will be made
  return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", shown_location(path)))
                  .about(shown_location(path))
                  .advise("a location is a path, a name from sluice.toml, or KIND:PATH such as "
                          "duckdb:PATH for one that is to be made"));
}

Result<Location> recognise(Location location) {
  TRY_ASSIGN(Location out, recognise_kind(std::move(location)));
  TRY(check_parameters(out));
  return with_place(std::move(out));
}

}  // namespace sluice
