// Uses Iceberg's SQL catalog as the product does, so that judges in Python can look at the rows.
// Not a part of the product.
//
//   catalog_probe LOCATION CATALOG prepare|namespaces
//   catalog_probe LOCATION CATALOG namespace|tables SPACE
//   catalog_probe LOCATION CATALOG find SPACE TABLE
//   catalog_probe LOCATION CATALOG create SPACE TABLE METADATA
//   catalog_probe LOCATION CATALOG commit SPACE TABLE EXPECTED METADATA
//   catalog_probe LOCATION CATALOG drop SPACE TABLE EXPECTED
//   catalog_probe LOCATION CATALOG rename SPACE TABLE SPACE TABLE
#include <array>
#include <cstdlib>
#include <iostream>

#include "lake_catalog/iceberg_sql_catalog.h"
#include "print.h"

namespace sluice {
namespace {

constexpr std::chrono::milliseconds kWait{20'000};

Status run(IcebergSqlCatalog& it, const std::vector<std::string>& words) {
  const std::string& verb = words.at(2);
  const auto name = [&](std::size_t at) { return IcebergName{words.at(at), words.at(at + 1)}; };
  if (verb == "prepare") return it.prepare();
  if (verb == "namespaces") return print(it.namespaces());
  if (verb == "namespace") return it.create_namespace(words.at(3), {});
  if (verb == "tables") return print(it.tables(words.at(3)));
  if (verb == "create") return print(it.create(name(3), words.at(5)));
  if (verb == "commit") return print(it.commit(name(3), words.at(5), words.at(6)));
  if (verb == "drop") return print(it.drop(name(3), words.at(5)));
  if (verb == "rename") return print(it.rename(name(3), name(5)));
  if (verb != "find") return fail(ErrorKind::kInvalid, "\"" + verb + "\" is no verb of the probe");
  TRY_ASSIGN(const auto found, it.find(name(3)));
  std::cout << (found ? found->metadata_location : "none") << '\n';
  return {};
}

Result<std::unique_ptr<CatalogDatabase>> open(const std::string& text) {
  TRY_ASSIGN(const Location location, parse_location(text));
  if (location.kind == "postgres") return open_postgres_catalog(location, "public", text);
  CatalogOptions options;
  options.for_writing = true;
  return open_sqlite_catalog(location.path, options);
}

Status run(const std::vector<std::string>& words) {
  TRY_ASSIGN(const auto database, open(words.at(0)));
  IcebergSqlCatalog catalog(*database, words.at(1), kWait);
  return run(catalog, words);
}

}  // namespace
}  // namespace sluice

int main(int count, char** words) {
  if (count < 4) return EXIT_FAILURE;
  const sluice::Status done = sluice::run({words + 1, words + count});
  if (done) return EXIT_SUCCESS;
  std::cerr << done.error().message << '\n';
  return sluice::exit_code(done.error().kind);
}
