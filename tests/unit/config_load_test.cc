#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/file.h"
#include "config/config.h"

namespace sluice {
namespace {

class LoadConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("sluice-config-" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) +
               std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    file_ = folder_ / "sluice.toml";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Config> load(const std::string& text) {
    EXPECT_TRUE(write_file_atomically(file_, text));
    return load_config(file_, true, [this](const std::string& name) -> std::optional<std::string> {
      const auto at = variables_.find(name);
      if (at == variables_.end()) return std::nullopt;
      return at->second;
    });
  }
  std::string error_of(const std::string& text) {
    const auto config = load(text);
    if (config) return "loaded";
    EXPECT_EQ(config.error().kind, ErrorKind::kInvalid);
    const std::string& message = config.error().message;
    const std::string place = file_.string() + ":";
    return message.starts_with(place) ? message.substr(place.size()) : message;
  }

  std::map<std::string, std::string> variables_;
  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(LoadConfig, ReadsLocationsInBothForms) {
  variables_["SHOP_PASSWORD"] = "Xy-secret-9";
  const auto config = load(R"(
[locations.lake]
url = "duckdb:lake.duckdb"
[locations.shop]
kind = "postgres"
host = "db.example"
port = 5433
user = "etl"
password = "${SHOP_PASSWORD}"
database = "shop"
schema = "sales"
)");
  ASSERT_TRUE(config) << config.error().message;
  const auto lake = config->resolve("lake");
  ASSERT_TRUE(lake);
  EXPECT_EQ(lake->kind, "duckdb");
  EXPECT_EQ(lake->path, "lake.duckdb");
  const auto shop = config->resolve("SHOP");
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->kind, "postgres");
  EXPECT_EQ(shop->host, "db.example");
  EXPECT_EQ(shop->port, 5433);
  EXPECT_EQ(shop->user, "etl");
  EXPECT_EQ(shop->password.reveal(), "Xy-secret-9");
  EXPECT_EQ(shop->database, "shop");
  EXPECT_EQ(shop->parameters.at("schema"), "sales");
  EXPECT_EQ(shop->display().find("Xy-secret-9"), std::string::npos);
}

TEST_F(LoadConfig, ReadsAJob) {
  const auto config = load(R"(
[jobs.nightly]
source = "a.duckdb"
target = "sqlite:b.db"
tables = ["sales.*"]
exclude = "sales.tmp_*"
if_exists = "merge"
key = "id, day"
accept_loss = ["t.c:as_text"]
batch_size = 5000
parallel = 3
verify = "independent"
publish = false
backup = false
map = "orders.sql"
[jobs.nightly.rename]
"sales.orders" = "orders_v2"
)");
  ASSERT_TRUE(config) << config.error().message;
  const auto job = config->job("nightly");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->source, "a.duckdb");
  EXPECT_EQ(job->target, "sqlite:b.db");
  EXPECT_EQ(job->selection.tables, std::vector<std::string>{"sales.*"});
  EXPECT_EQ(job->selection.excludes, std::vector<std::string>{"sales.tmp_*"});
  EXPECT_EQ(job->if_exists, IfExists::kMerge);
  EXPECT_EQ(job->key, (std::vector<std::string>{"id", "day"}));
  EXPECT_EQ(job->accept_losses, std::vector<std::string>{"t.c:as_text"});
  EXPECT_EQ(job->chunk_rows, 5000U);
  EXPECT_EQ(job->parallel, 3);
  EXPECT_EQ(job->level, VerifyLevel::kIndependent);
  EXPECT_FALSE(job->publish);
  EXPECT_FALSE(job->backup);
  EXPECT_EQ(job->maps, std::vector<std::filesystem::path>{"orders.sql"});
  EXPECT_EQ(job->renames.at("sales.orders"), "orders_v2");
}

TEST_F(LoadConfig, UnknownKeysNameLineAndNearestKey) {
  EXPECT_EQ(error_of("[location.a]\nurl = 'x'\n"), "1: unknown key \"location\"");
  EXPECT_EQ(error_of("[locations.a]\n\nurll = 'x'\n"), "3: unknown key \"locations.a.urll\"");
  EXPECT_EQ(error_of("[jobs.j]\nsource='a'\ntarget='b'\ntabels=['t']\n"),
            "4: unknown key \"jobs.j.tabels\"");
  EXPECT_EQ(load("[jobs.j]\ntabels=['t']\n").error().hint, "did you mean \"tables\"?");
  EXPECT_EQ(load("[locations.a]\nurll='t'\n").error().hint, "did you mean \"url\"?");
}

TEST_F(LoadConfig, WrongValuesAreNamed) {
  EXPECT_EQ(error_of("[locations]\na = 3\n"), "2: key \"locations.a\" is not a table");
  EXPECT_EQ(error_of("[locations.a]\nurl = 3\n"), "2: key \"locations.a.url\" is not a text");
  EXPECT_EQ(error_of("[locations.a]\nurl = 'a'\nhost = 'b'\n"),
            "2: key \"locations.a.url\" stands beside other keys of the location, which it "
            "replaces");
  EXPECT_EQ(error_of("[jobs.j]\nsource='a'\ntarget='b'\nbatch_size=0\n"),
            "4: key \"jobs.j.batch_size\": 0 is not from 1 to 9223372036854775807");
  EXPECT_EQ(error_of("[jobs.j]\nsource='a'\ntarget='b'\nverify='contents'\n"),
            "4: jobs.j.verify: \"contents\" is not one of counts, content, independent, rows");
  EXPECT_EQ(error_of("[jobs.j]\nsource='a'\n"), "job \"j\" has no key \"target\"");
  EXPECT_EQ(error_of("[locations.a]\nurl='x'\n[locations.A]\nurl='y'\n"),
            "3: names \"a\" and \"A\" differ only by case");
}

TEST_F(LoadConfig, BrokenTomlIsAnErrorWithItsLine) {
  EXPECT_EQ(error_of("a = \n").substr(0, 2), "1:");
  EXPECT_EQ(error_of("[locations.a]\nurl = 'x'\nurl = 'y'\n").substr(0, 2), "3:");
}

TEST_F(LoadConfig, AMissingVariableIsAnErrorOfItsLocationOnly) {
  const auto config = load(
      "[locations.a]\nurl='duckdb:${NOPE_FOLDER}/a'\n[locations.b]\nurl='duckdb:b'\n"
      "[jobs.j]\nsource='${NOPE_SOURCE}'\ntarget='b'\n");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->resolve("b"));
  const auto a = config->resolve("a");
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(a.error().message, "locations.a.url: environment variable NOPE_FOLDER is not set");
  const auto job = config->job("j");
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().message, "job \"j\": environment variable NOPE_SOURCE is not set");
}

TEST_F(LoadConfig, KindsWantTheirKeys) {
  const auto config = load(R"(
[locations.a]
kind = "duckdb"
[locations.b]
kind = "sqlite"
path = "b.db"
host = "h"
[locations.c]
host = "h"
[locations.d]
kind = "postgers"
[locations.e]
kind = "postgres"
port = "99999"
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->resolve("a").error().message, "locations.a: has no path");
  EXPECT_EQ(config->resolve("b").error().message,
            "locations.b: key \"host\" does not go with kind \"sqlite\"");
  EXPECT_EQ(config->resolve("c").error().message, "locations.c: has neither url nor kind");
  EXPECT_EQ(config->resolve("d").error().hint, "did you mean \"postgres\"?");
  EXPECT_EQ(config->resolve("e").error().message,
            "locations.e: port \"99999\" is not a number from 1 to 65535");
}

TEST_F(LoadConfig, AFileThatIsNotThereIsAnErrorOnlyWhereItWasNamed) {
  EXPECT_TRUE(load_config(folder_ / "none.toml", false));
  const auto config = load_config(folder_ / "none.toml", true);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::kNotFound);
}

TEST_F(LoadConfig, AnUnknownJobNamesTheNearest) {
  const auto config = load("[jobs.nightly]\nsource='a'\ntarget='b'\n");
  ASSERT_TRUE(config);
  const auto job = config->job("nigthly");
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(job.error().hint, "did you mean \"nightly\"?");
}

}  // namespace
}  // namespace sluice
