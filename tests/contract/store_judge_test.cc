// What the store wrote is read by another program, and the reverse: DuckDB's httpfs here, boto3 in
// tests/flows/test_s3_judge.py, which runs the two tests of StoreJudge between its own steps.
#include <fmt/format.h>

#include <vector>

#include "base/file.h"
#include "contract/store_fixture.h"
#include "engine/s3_secret.h"

namespace sluice {
namespace {

constexpr std::string_view kParquetQuery =
    "SELECT range AS id, 'row ' || range AS name FROM range(1000)";

class EngineOnS3 : public testing::Test {
 protected:
  void SetUp() override {
    if (s3_test_settings().endpoint.empty()) GTEST_SKIP() << "SLUICE_TEST_S3 is not set";
    place_ = s3_test_place();
    store_ = std::make_unique<S3Store>(s3_test_settings(), place_, make_http_transport({}),
                                       s3_test_options());
    auto engine = Engine::open({});
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    const auto allowed = allow_s3(*engine_, place_, s3_test_settings());
    ASSERT_TRUE(allowed) << allowed.error().message << " " << allowed.error().hint;
    connection_ = std::move(*engine_->connect());
  }

  std::string value(const std::string& sql) {
    const auto found = connection_->value(sql);
    return found ? found->value_or("NULL") : "error: " + found.error().message;
  }

  S3Place place_;
  std::unique_ptr<S3Store> store_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineConnection> connection_;
};

// By its name: a glob of httpfs takes the escapes out of the keys that it finds.
TEST_F(EngineOnS3, ReadsAParquetFileThatTheStorePut) {
  const auto folder = std::filesystem::temp_directory_path() / ("sluice-judge-" + make_ulid());
  const std::string file = (folder.string() + ".parquet");
  ASSERT_TRUE(connection_->execute(fmt::format("COPY ({}) TO '{}'", kParquetQuery, file)));
  const auto bytes = read_file(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(bytes);
  ASSERT_TRUE(store_->put("t/date=2024-01-01 00%3A00/a.parquet", *bytes));
  EXPECT_EQ(value(fmt::format("SELECT count(*) || ' ' || sum(id) || ' ' || max(name) FROM "
                              "read_parquet('{}/t/date=2024-01-01 00%3A00/a.parquet')",
                              place_.uri())),
            "1000 499500 row 999");
}

TEST_F(EngineOnS3, WritesAFileThatTheStoreReads) {
  ASSERT_TRUE(connection_->execute(
      fmt::format("COPY (SELECT 'a' AS x, 1 AS y) TO '{}/made here.csv'", place_.uri())));
  const auto bytes = store_->read("made here.csv");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, "x,y\na,1\n");
}

TEST_F(EngineOnS3, ReachesNothingOutsideItsPlace) {
  const std::string other = fmt::format("s3://{}-other/x.csv", place_.bucket);
  EXPECT_NE(value(fmt::format("SELECT count(*) FROM read_csv('{}')", other)).find("error"),
            std::string::npos);
}

TEST_F(EngineOnS3, ShowsItsSecretToNobody) {
  const std::string shown = value("SELECT string_agg(secret_string) FROM duckdb_secrets()");
  EXPECT_NE(shown.find(s3_secret_name(place_)), std::string::npos) << shown;
  EXPECT_EQ(shown.find(test_variable("SLUICE_TEST_S3_SECRET")), std::string::npos);
}

class StoreJudge : public testing::Test {
 protected:
  void SetUp() override {
    if (test_variable("SLUICE_TEST_S3_JUDGE").empty()) {
      GTEST_SKIP() << "for tests/flows/test_s3_judge.py";
    }
  }
  static S3Store store() {
    return {s3_test_settings(),
            {test_variable("SLUICE_TEST_S3_BUCKET"), "judged"},
            make_http_transport({}),
            s3_test_options()};
  }
};

const std::vector<std::string> kJudgedKeys = {"plain", "with blank +plus %41",
                                              "\xC3\xBC/\xE4\xB8\xAD&=?#"};

TEST_F(StoreJudge, WritesSmallAndLargeObjects) {
  S3Store target = store();
  for (const std::string& key : kJudgedKeys) ASSERT_TRUE(target.put("ours/" + key, key));
  auto writer = target.open_writer("ours/large");
  ASSERT_TRUE(writer);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE((*writer)->write(std::string(std::size_t{1} << 20U, static_cast<char>('a' + i))));
  }
  const auto info = (*writer)->commit();
  ASSERT_TRUE(info) << info.error().message;
}

TEST_F(StoreJudge, ReadsWhatAnotherWrote) {
  S3Store source = store();
  for (const std::string& key : kJudgedKeys) {
    const auto bytes = source.read("theirs/" + key);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(*bytes, key);
  }
  const auto all = list_all(source, {.prefix = "theirs/"});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->objects.size(), kJudgedKeys.size());
}

}  // namespace
}  // namespace sluice
