#include "contract/iceberg_catalog_fixture.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "contract/losing_database.h"
#include "lake_catalog/iceberg_in_rest.h"
#include "lake_catalog/iceberg_in_sql.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kWait{20'000};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

S3Settings s3_of_tests() {
  S3Settings out;
  out.endpoint = variable("SLUICE_TEST_S3");
  out.access_key_id = variable("SLUICE_TEST_S3_KEY_ID");
  out.secret_access_key = Secret(variable("SLUICE_TEST_S3_SECRET"));
  return out;
}

bool is_commit(const HttpRequest& request) {
  const bool is_table =
      request.url.find("/tables/") != std::string::npos && !request.url.ends_with("/tables/rename");
  return request.method == "POST" && (is_table || request.url.ends_with("/transactions/commit"));
}

std::shared_ptr<HttpTransport> with_faults(const CatalogFaults& faults) {
  std::shared_ptr<HttpTransport> out = make_http_transport({});
  const auto add = [&](HttpFault fault, int every) {
    if (every > 0) out = std::make_shared<FaultyTransport>(out, fault, every, is_commit);
  };
  add(HttpFault::kLostAnswer, faults.lost_every);
  add(HttpFault::kReset, faults.unsent_every);
  add(HttpFault::kServerError, faults.unclear_every);
  add(HttpFault::kSlowDown, faults.put_off_every);
  return out;
}

}  // namespace

void IcebergCatalogTest::SetUp() {
  const char* needed = is_rest()                  ? "SLUICE_TEST_ICEBERG_REST"
                       : GetParam() == "postgres" ? "SLUICE_TEST_POSTGRES"
                                                  : nullptr;
  if (needed != nullptr && variable(needed).empty()) {
    GTEST_SKIP() << needed << " is not set: see tests/support/with_postgres.py";
  }
  space_ = "s" + to_lower(make_ulid());
  folder_ = fs::temp_directory_path() / ("iceberg_catalog_" + space_);
  fs::create_directories(folder_);
  const auto catalog = open();
  ASSERT_NE(catalog, nullptr);
  const Status made = catalog->create_namespace(space_, {});
  ASSERT_TRUE(made) << made.error().message;
}

void IcebergCatalogTest::TearDown() { fs::remove_all(folder_); }

std::unique_ptr<IcebergCatalog> IcebergCatalogTest::open(const CatalogFaults& faults) {
  return is_rest() ? open_rest(faults) : open_sql(faults);
}

std::unique_ptr<IcebergCatalog> IcebergCatalogTest::open_sql(const CatalogFaults& faults) {
  auto losses = std::make_shared<DatabaseLosses>();
  losses->lost_every = faults.lost_every;
  losses->unsent_every = faults.unsent_every;
  const OpenCatalogDatabase open = [this, losses]() -> Result<std::unique_ptr<CatalogDatabase>> {
    std::unique_ptr<CatalogDatabase> database;
    if (GetParam() == "postgres") {
      TRY_ASSIGN(const Location server, parse_location(variable("SLUICE_TEST_POSTGRES")));
      TRY_ASSIGN(database, open_postgres_catalog(server, "public", "the tests' catalog", ""));
    } else {
      TRY_ASSIGN(database, open_sqlite_catalog((folder_ / "c.db").string(), {true, nullptr}));
    }
    return std::make_unique<LosingDatabase>(std::move(database), losses);
  };
  auto database = open();
  if (!database || !IcebergSqlCatalog(**database, "tests", kWait).prepare()) return nullptr;
  IcebergInSqlOptions options;
  options.catalog = "tests";
  options.warehouse = "file://" + (folder_ / "w").string();
  options.wait = kWait;
  losses->is_on = true;
  return std::make_unique<IcebergInSql>(std::move(*database), open, options);
}

std::unique_ptr<IcebergCatalog> IcebergCatalogTest::open_rest(const CatalogFaults& faults) {
  RetryPolicy retry;
  retry.wait = [](int) {};
  RestClient client(variable("SLUICE_TEST_ICEBERG_REST"), {}, with_faults(faults), retry);
  auto catalog = IcebergInRest::open(
      std::move(client),
      {"the tests' catalog", variable("SLUICE_TEST_ICEBERG_WAREHOUSE"), s3_of_tests()});
  EXPECT_TRUE(catalog) << catalog.error().message;
  return catalog ? std::move(*catalog) : nullptr;
}

iceberg::NewTable IcebergCatalogTest::new_table() {
  using namespace iceberg;
  NewTable out;
  Column id;
  id.id = 1;
  id.name = "id";
  id.type.id = TypeId::kLong;
  Column text;
  text.id = 2;
  text.name = "text";
  text.type.id = TypeId::kString;
  out.schema.columns = {id, text};
  out.spec.fields = {{{1}, 0, "id_bucket", parse_transform("bucket[4]")}};
  out.order.fields = {{{2}, parse_transform("identity"), false, true}};
  out.properties = {{"owner", "tests"}};
  return out;
}

IcebergTable IcebergCatalogTest::make(IcebergCatalog& catalog, const std::string& table) {
  const auto staged = catalog.stage(name(table), new_table());
  EXPECT_TRUE(staged) << staged.error().message;
  if (!staged) return {};
  const auto done = catalog.commit({{name(table), staged->metadata, {}, {}}});
  EXPECT_TRUE(done) << done.error().message;
  const auto loaded = catalog.load(name(table));
  EXPECT_TRUE(loaded && *loaded);
  return loaded && *loaded ? **loaded : IcebergTable();
}

IcebergChange IcebergCatalogTest::set(const IcebergTable& table, const std::string& key,
                                      const std::string& value) {
  return {table.name,
          std::nullopt,
          {iceberg::AssertUuid{table.metadata.table_uuid}},
          {iceberg::SetProperties{{{key, value}}}}};
}

IcebergChange IcebergCatalogTest::append(const IcebergTable& table, std::int64_t snapshot_id) {
  iceberg::Snapshot snapshot;
  snapshot.id = snapshot_id;
  snapshot.parent_id = table.metadata.current_snapshot_id;
  snapshot.sequence_number = table.metadata.last_sequence_number + 1;
  snapshot.timestamp_ms = now_unix_ms();
  snapshot.manifest_list =
      fmt::format("{}/metadata/snap-{}.avro", table.metadata.location, snapshot_id);
  snapshot.summary = {{"operation", "append"}};
  snapshot.schema_id = table.metadata.current_schema_id;
  return {
      table.name,
      std::nullopt,
      {iceberg::AssertUuid{table.metadata.table_uuid},
       iceberg::AssertRefSnapshot{"main", table.metadata.current_snapshot_id}},
      {iceberg::AddSnapshot{snapshot}, iceberg::SetRef{"main", {snapshot_id, false, {}, {}, {}}}}};
}

}  // namespace sluice
