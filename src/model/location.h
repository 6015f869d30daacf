// What a user types to name a place, taken apart: design section 4. Pure text; nothing is opened.
//
//   KIND:PATH[?key=value&...]                      duckdb: sqlite: parquet: csv: json:
//   ducklake:CATALOG[?data_path=DIR&...]           CATALOG is sqlite:PATH or postgres://...
//   iceberg:CATALOG[?warehouse=DIR&...]            sqlite:PATH, postgres://... or
//                                                  rest:http[s]://HOST[:PORT][/PATH]
//   postgres://[USER[:PASSWORD]@]HOST[:PORT]/DB[?schema=S&host=/socket/folder&...]
//   mysql://[USER[:PASSWORD]@]HOST[:PORT]/DB[?socket=/path&ssl_mode=MODE&...]
//
// Spellings of other programs that are understood too: mariadb://, postgresql://,
// postgresql+DRIVER://,
// sqlite:///relative.db and sqlite:////absolute.db, duckdb:///....
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "model/iceberg_login.h"
#include "model/s3_settings.h"

namespace sluice {

struct Location {
  // "duckdb", "sqlite", "postgres", "mysql", "parquet", "csv", "json", "delta", "ducklake",
  // "iceberg"; "" for a plain path
  std::string kind;
  // Of a lake: the kind of the database that keeps its catalog, whose place the rest is. "" else.
  std::string catalog;
  std::string path;  // file systems only; of a REST catalog its URL
  std::string user;
  Secret password;
  std::string host;  // a name, an address or a socket folder
  int port = 0;      // 0: the system's default
  std::string database;
  std::map<std::string, std::string> parameters;  // without host

  // How files on S3 are reached, looked up where there are any; null where nobody said.
  std::function<Result<S3Settings>()> s3;
  // Who one is to a REST catalog of Iceberg, likewise.
  std::function<Result<IcebergLogin>()> iceberg_login;
  // A folder of sluice's own for the notes of runs whose target has no place for them; "" for none.
  std::string notes_folder;

  // For people, reports and the journal: never holds the password.
  std::string display() const;
  std::string parameter(const std::string& name, const std::string& fallback) const;
};

// Percent escapes are decoded. Errors: kInvalid says what is wrong, never showing the password.
Result<Location> parse_location(std::string_view text);

}  // namespace sluice
