// What a user has named: locations and jobs of sluice.toml, and locations of the environment.
//
//   [locations.warehouse]                  [jobs.nightly]
//   url = "postgres://etl@db/wh"           source = "duckdb:lake.duckdb"
//   [locations.shop]                       target = "warehouse"
//   kind = "postgres"                      tables = ["sales.*"]
//   host = "db.example"                    if_exists = "replace"
//   password = "${SHOP_PASSWORD}"          [jobs.nightly.rename]
//   database = "shop"                      "sales.orders" = "orders_v2"
//   [s3]
//   endpoint = "http://minio:9000"
//   [iceberg]
//   token = "${CATALOG_TOKEN}"
//
// A key that is not known is an error of the whole file. A variable that is not set is an error of
// the location or job that names it, when that one is asked for. `$${` stands for a plain `${`.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/environment.h"
#include "config/read_iceberg.h"
#include "model/location.h"
#include "model/s3_settings.h"
#include "sluice/options.h"

namespace sluice {

class Config {
 public:
  explicit Config(Environment environment = process_environment())
      : environment_(std::move(environment)) {}

  // What `text` stands for: a name of the file (case does not matter), else a name of the
  // environment where `text` is a plain identifier and no such file exists, else a URI or a path.
  //   SLUICE_<NAME>_URL or <NAME>_DB_URL                      a URI
  //   SLUICE_<NAME>_HOST, _PORT, _NAME, _USER, _PASS or _PASSWORD, _SCHEMA     PostgreSQL in parts;
  //   <NAME>_DB_HOST, ...                                     a HOST with / is a folder of sockets
  // Errors: kNotFound lists what was looked for; kInvalid; neither shows a password.
  Result<Location> resolve(std::string_view text) const;

  // Returns: what `sluice migrate` was to be told, from [jobs.NAME]. Errors: kNotFound.
  Result<MigrateOptions> job(std::string_view name) const;

  const std::map<std::string, Result<Location>>& locations() const { return locations_; }
  const std::map<std::string, Result<MigrateOptions>>& jobs() const { return jobs_; }
  // [s3]: how S3 is reached, before the environment is asked; all of it "" where there is none.
  const Result<S3Wishes>& s3() const { return s3_; }
  // [iceberg], and what it leaves open as the environment says it: who one is to REST catalogs.
  Result<IcebergLogin> iceberg() const { return iceberg_login(iceberg_, environment_); }
  // What the environment says, as this configuration sees it.
  const Environment& environment() const { return environment_; }
  // The file that was read, "" for none.
  const std::filesystem::path& file() const { return file_; }

 private:
  friend Result<Config> load_config(const std::filesystem::path& path, bool explicit_path,
                                    Environment environment);
  Environment environment_;
  std::filesystem::path file_;
  std::map<std::string, Result<Location>> locations_;
  std::map<std::string, Result<MigrateOptions>> jobs_;
  Result<S3Wishes> s3_ = S3Wishes{};
  IcebergParts iceberg_;
};

// `path` "" is sluice.toml of the current folder. A file that is not there is an error only where
// the user named it (`explicit_path`); else the configuration is empty.
// Errors: kInvalid names file, line, key and the nearest known key.
Result<Config> load_config(const std::filesystem::path& path, bool explicit_path,
                           Environment environment = process_environment());

}  // namespace sluice
