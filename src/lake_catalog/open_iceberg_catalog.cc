#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "lake_catalog/iceberg_catalog.h"
#include "lake_catalog/iceberg_in_rest.h"
#include "lake_catalog/iceberg_in_sql.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCatalogDefault = "sluice";

// What of the location the catalog's own server is told.
Location server_of(const Location& location) {
  static constexpr std::array<std::string_view, 12> kOfTheLake = {
      "warehouse", "catalog", "metadata_schema", "schema", "table",     "snapshot",
      "at",        "staging", "endpoint",        "region", "url_style", "profile"};
  Location server = location;
  server.kind = location.catalog;
  server.catalog.clear();
  for (const std::string_view name : kOfTheLake) server.parameters.erase(std::string(name));
  return server;
}

std::unexpected<Error> no_catalog(const Location& location) {
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("there is no Iceberg catalog in {}", location.display()))
                  .about(location.display())
                  .advise("check the path or the database; `sluice migrate` makes a catalog in one "
                          "that is its target"));
}

OpenCatalogDatabase opener(const Location& location, const IcebergCatalogOptions& options) {
  if (location.catalog == "postgres") {
    return [server = server_of(location), schema = location.parameter("metadata_schema", "public"),
            display = location.display()] {
      return open_postgres_catalog(server, schema, display, "");
    };
  }
  const std::string path = fs::absolute(location.path).lexically_normal().string();
  return [path, database = CatalogOptions{options.for_writing, options.cancel}] {
    return open_sqlite_catalog(path, database);
  };
}

Result<std::unique_ptr<IcebergCatalog>> open_in_sql(const Location& location,
                                                    const IcebergCatalogOptions& options) {
  std::error_code code;
  const bool is_file = location.catalog == "sqlite";
  if (is_file && !options.for_writing && !fs::exists(location.path, code)) {
    return no_catalog(location);
  }
  IcebergInSqlOptions own;
  own.catalog = location.parameter("catalog", kCatalogDefault);
  const std::string warehouse = location.parameter("warehouse", "");
  if (!warehouse.empty()) own.warehouse = address_of_folder(warehouse);
  own.s3 = options.s3;
  own.cancel = options.cancel;
  own.wait = options.wait;
  const OpenCatalogDatabase open = opener(location, options);
  TRY_ASSIGN(auto database, open());
  if (options.for_writing) {
    TRY(IcebergSqlCatalog(*database, own.catalog, own.wait).prepare());
  } else {
    TRY_ASSIGN(const bool is_there, database->has_table("iceberg_tables"));
    if (!is_there) return no_catalog(location);
  }
  return std::make_unique<IcebergInSql>(std::move(database), open, std::move(own));
}

Result<std::unique_ptr<IcebergCatalog>> open_in_rest(const Location& location,
                                                     const IcebergCatalogOptions& options) {
  HttpLimits limits;
  limits.cancel = options.cancel;
  RetryPolicy retry;
  retry.cancel = options.cancel;
  RestClient client(location.path, options.login, make_http_transport(limits), retry);
  return IcebergInRest::open(std::move(client),
                             {location.display(), location.parameter("warehouse", ""), options.s3});
}

}  // namespace

Result<std::unique_ptr<IcebergCatalog>> open_iceberg_catalog(const Location& location,
                                                             const IcebergCatalogOptions& options) {
  if (location.catalog == "sqlite" || location.catalog == "postgres") {
    return open_in_sql(location, options);
  }
  if (location.catalog == "rest") return open_in_rest(location, options);
  return fail(Error(ErrorKind::kUnsupported,
                    location.catalog.empty()
                        ? fmt::format("{} does not say what keeps the catalog", location.display())
                        : fmt::format("a catalog of kind \"{}\" is not known", location.catalog))
                  .about(location.display())
                  .advise("catalogs are iceberg:sqlite:PATH, iceberg:postgres://... and "
                          "iceberg:rest:http://HOST:PORT"));
}

}  // namespace sluice
