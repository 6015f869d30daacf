#include <gtest/gtest.h>

#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "config/config.h"

namespace sluice {
namespace {

Result<Config> load(const std::string& text) {
  const auto file = std::filesystem::temp_directory_path() / ("sluice-s3-" + make_ulid() + ".toml");
  EXPECT_TRUE(write_file_atomically(file, text));
  auto config = load_config(file, true, [](const std::string& name) -> std::optional<std::string> {
    if (name == "S3_KEY") return "key-of-the-environment";
    return std::nullopt;
  });
  std::filesystem::remove(file);
  return config;
}

TEST(ConfigS3, IsReadWithVariables) {
  const auto config = load(
      "[s3]\nendpoint = \"http://minio:9000\"\nregion = \"eu-west-1\"\nurl_style = \"path\"\n"
      "access_key_id = \"id\"\nsecret_access_key = \"${S3_KEY}\"\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->s3());
  EXPECT_EQ(config->s3()->endpoint, "http://minio:9000");
  EXPECT_EQ(config->s3()->region, "eu-west-1");
  EXPECT_EQ(config->s3()->url_style, "path");
  EXPECT_EQ(config->s3()->secret_access_key.reveal(), "key-of-the-environment");
}

TEST(ConfigS3, IsEmptyWhereTheFileSaysNothing) {
  const auto config = load("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->s3()->endpoint, "");
}

TEST(ConfigS3, AMissingVariableIsToldWhenItIsAskedFor) {
  const auto config = load("[s3]\nendpoint = \"${NOWHERE}\"\n");
  ASSERT_TRUE(config);
  ASSERT_FALSE(config->s3());
  EXPECT_EQ(config->s3().error().message, "s3.endpoint: environment variable NOWHERE is not set");
}

TEST(ConfigS3, AnUnknownKeyAndHalfAPairAreRefused) {
  const auto unknown = load("[s3]\nregoin = \"x\"\n");
  ASSERT_FALSE(unknown);
  EXPECT_NE((unknown.error().message + unknown.error().hint).find("region"), std::string::npos);
  const auto half = load("[s3]\naccess_key_id = \"x\"\n");
  ASSERT_FALSE(half);
  EXPECT_NE(half.error().message.find("\"s3.access_key_id\" stands without \"secret_access_key\""),
            std::string::npos)
      << half.error().message;
}

}  // namespace
}  // namespace sluice
