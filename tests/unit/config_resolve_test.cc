#include <gtest/gtest.h>

#include <map>
#include <string>

#include "config/config.h"

namespace sluice {
namespace {

Config with(std::map<std::string, std::string> variables) {
  return Config([variables](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

TEST(ResolveLocation, UrisAndPathsAreTakenAsTheyAre) {
  const auto uri = with({}).resolve("duckdb:/data/x.duckdb");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->kind, "duckdb");
  EXPECT_EQ(uri->path, "/data/x.duckdb");
  const auto path = with({}).resolve("./not-there.db");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->kind, "");
  EXPECT_EQ(path->path, "./not-there.db");
}

TEST(ResolveLocation, TheGuidesUrlIsFound) {
  const auto lake = with({{"CRYPTO_DB_URL",
                           "postgresql+pg8000://username:Pa55word-x@/crypto_lake?host=/cloudsql/"
                           "project-id:region:instance-name"}})
                        .resolve("crypto");
  ASSERT_TRUE(lake) << lake.error().message;
  EXPECT_EQ(lake->kind, "postgres");
  EXPECT_EQ(lake->user, "username");
  EXPECT_EQ(lake->password.reveal(), "Pa55word-x");
  EXPECT_EQ(lake->host, "/cloudsql/project-id:region:instance-name");
  EXPECT_EQ(lake->database, "crypto_lake");
  const auto rehearsal =
      with({{"CRYPTO_DB_URL", "sqlite:///./migration-rehearsal.db"}}).resolve("Crypto");
  ASSERT_TRUE(rehearsal);
  EXPECT_EQ(rehearsal->kind, "sqlite");
  EXPECT_EQ(rehearsal->path, "./migration-rehearsal.db");
}

TEST(ResolveLocation, TheGuidesPartsAreFound) {
  const auto lake = with({{"CRYPTO_DB_USER", "crypto_user"},
                          {"CRYPTO_DB_PASS", "Pa55word-y"},
                          {"CRYPTO_DB_HOST", "/cloudsql/project-id:region:instance-name"},
                          {"CRYPTO_DB_NAME", "crypto_lake"}})
                        .resolve("crypto");
  ASSERT_TRUE(lake) << lake.error().message;
  EXPECT_EQ(lake->kind, "postgres");
  EXPECT_EQ(lake->user, "crypto_user");
  EXPECT_EQ(lake->password.reveal(), "Pa55word-y");
  EXPECT_EQ(lake->host, "/cloudsql/project-id:region:instance-name");
  EXPECT_EQ(lake->port, 0);
  EXPECT_EQ(lake->database, "crypto_lake");
}

TEST(ResolveLocation, SluicesOwnNamesComeFirst) {
  const auto lake = with({{"SLUICE_CRYPTO_LAKE_HOST", "db"},
                          {"SLUICE_CRYPTO_LAKE_PORT", "6000"},
                          {"SLUICE_CRYPTO_LAKE_NAME", "lake"},
                          {"SLUICE_CRYPTO_LAKE_PASSWORD", "Pa55word-z"},
                          {"SLUICE_CRYPTO_LAKE_SCHEMA", "raw"},
                          {"CRYPTO_LAKE_DB_URL", "sqlite:x"}})
                        .resolve("crypto-lake");
  ASSERT_TRUE(lake) << lake.error().message;
  EXPECT_EQ(lake->host, "db");
  EXPECT_EQ(lake->port, 6000);
  EXPECT_EQ(lake->database, "lake");
  EXPECT_EQ(lake->password.reveal(), "Pa55word-z");
  EXPECT_EQ(lake->parameters.at("schema"), "raw");
}

TEST(ResolveLocation, AnIncompleteSetNamesWhatIsMissing) {
  const auto lake =
      with({{"CRYPTO_DB_USER", "u"}, {"CRYPTO_DB_PASS", "Pa55word-v"}}).resolve("crypto");
  ASSERT_FALSE(lake);
  EXPECT_EQ(lake.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(lake.error().message,
            "variables CRYPTO_DB_* are set, but without CRYPTO_DB_HOST and CRYPTO_DB_NAME");
}

TEST(ResolveLocation, AnUnknownNameListsWhatWasLookedFor) {
  const auto lake = with({}).resolve("nowhere");
  ASSERT_FALSE(lake);
  EXPECT_EQ(lake.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(lake.error().message,
            "no location \"nowhere\": looked for [locations.nowhere] in sluice.toml (there is none "
            "here), for the variables SLUICE_NOWHERE_URL and NOWHERE_DB_URL, SLUICE_NOWHERE_HOST "
            "and NOWHERE_DB_HOST, and for a file \"nowhere\"");
}

TEST(ResolveLocation, AWrongUrlOfTheEnvironmentNamesTheVariableOnly) {
  const auto lake = with({{"CRYPTO_DB_URL", "oracle://u:Pa55word-w@h/db"}}).resolve("crypto");
  ASSERT_FALSE(lake);
  EXPECT_EQ(lake.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(lake.error().message, "CRYPTO_DB_URL: unknown kind of location \"oracle\"");
}

}  // namespace
}  // namespace sluice
