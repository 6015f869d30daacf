// Uses an Iceberg catalog of any kind as the product does, so that judges in Python can look at
// what it made. S3 is found as the environment says. Not a part of the product.
//
//   iceberg_probe LOCATION namespaces
//   iceberg_probe LOCATION namespace|tables SPACE
//   iceberg_probe LOCATION make|drop SPACE TABLE        make: columns id bigint, text varchar
//   iceberg_probe LOCATION load SPACE TABLE             metadata location, UUID, snapshot, "lent"
//   iceberg_probe LOCATION set SPACE TABLE KEY VALUE    a property
//   iceberg_probe LOCATION rename SPACE TABLE SPACE TABLE
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <iostream>

#include "lake_catalog/iceberg_catalog.h"
#include "print.h"
#include "store/find_s3_settings.h"

namespace sluice {
namespace {

Status print(const Result<IcebergCommitResult>& result) {
  if (!result) return fail(result.error());
  if (result->cause) std::cerr << result->cause->message << '\n';
  return print(Result<CommitOutcome>(result->outcome));
}

iceberg::NewTable new_table() {
  iceberg::NewTable out;
  out.schema.columns.resize(2);
  out.schema.columns[0].id = 1;
  out.schema.columns[0].name = "id";
  out.schema.columns[0].type.id = iceberg::TypeId::kLong;
  out.schema.columns[1].id = 2;
  out.schema.columns[1].name = "text";
  out.schema.columns[1].type.id = iceberg::TypeId::kString;
  return out;
}

Result<IcebergTable> loaded(IcebergCatalog& catalog, const IcebergName& name) {
  TRY_ASSIGN(auto table, catalog.load(name));
  if (!table) return fail(ErrorKind::kNotFound, "there is no table " + name.text());
  return *table;
}

Status use_table(IcebergCatalog& catalog, const std::vector<std::string>& words) {
  const std::string& verb = words.at(1);
  const IcebergName name{words.at(2), words.at(3)};
  if (verb == "make") {
    TRY_ASSIGN(const IcebergTable staged, catalog.stage(name, new_table()));
    return print(catalog.commit({{name, staged.metadata, {}, {}}}));
  }
  if (verb == "rename") return print(catalog.rename(name, {words.at(4), words.at(5)}));
  TRY_ASSIGN(const IcebergTable table, loaded(catalog, name));
  if (verb == "drop") return print(catalog.drop(table));
  if (verb == "set") {
    return print(catalog.commit({{name,
                                  std::nullopt,
                                  {iceberg::AssertUuid{table.metadata.table_uuid}},
                                  {iceberg::SetProperties{{{words.at(4), words.at(5)}}}}}}));
  }
  if (verb != "load") return fail(ErrorKind::kInvalid, "\"" + verb + "\" is no verb of the probe");
  std::cout << table.metadata_location << '\n' << table.metadata.table_uuid << '\n';
  std::cout << table.metadata.current_snapshot_id.value_or(-1) << '\n';
  if (table.s3_is_lent) std::cout << "lent\n";
  return {};
}

Status run(const std::vector<std::string>& words) {
  TRY_ASSIGN(const Location location, parse_location(words.at(0)));
  IcebergCatalogOptions options;
  options.for_writing = true;
  TRY_ASSIGN(options.s3, find_s3_settings({}, [](const std::string& name) {
               const char* value = std::getenv(name.c_str());
               return value == nullptr ? std::nullopt : std::optional<std::string>(value);
             }));
  TRY_ASSIGN(const auto catalog, open_iceberg_catalog(location, options));
  const std::string& verb = words.at(1);
  if (verb == "namespaces") return print(catalog->namespaces());
  if (verb == "namespace") return catalog->create_namespace(words.at(2), {});
  if (verb == "tables") return print(catalog->tables(words.at(2)));
  return use_table(*catalog, words);
}

}  // namespace
}  // namespace sluice

int main(int count, char** words) {
  if (count < 3) return EXIT_FAILURE;
  const sluice::Status done = sluice::run({words + 1, words + count});
  if (done) return EXIT_SUCCESS;
  std::cerr << done.error().message << '\n';
  return sluice::exit_code(done.error().kind);
}
