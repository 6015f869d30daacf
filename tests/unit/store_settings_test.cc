// Where S3's settings come from, and which of two places that say one goes first.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "store/find_s3_settings.h"
#include "store/s3_profiles.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class FindS3Settings : public testing::Test {
 protected:
  FindS3Settings() : home_(fs::temp_directory_path() / ("sluice-home-" + make_ulid())) {
    fs::create_directories(home_ / ".aws");
    variables_["HOME"] = home_.string();
  }
  ~FindS3Settings() override { fs::remove_all(home_); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(home_ / ".aws" / name, text));
  }

  Result<S3Settings> find() const {
    return find_s3_settings(wishes_, [this](const std::string& name) -> std::optional<std::string> {
      const auto at = variables_.find(name);
      if (at == variables_.end()) return std::nullopt;
      return at->second;
    });
  }

  fs::path home_;
  std::map<std::string, std::string> variables_;
  S3Wishes wishes_;
};

TEST_F(FindS3Settings, NothingIsAmazonWithoutKeys) {
  const auto settings = find();
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->endpoint, "");
  EXPECT_EQ(settings->region, "us-east-1");
  EXPECT_FALSE(settings->has_keys());
  const auto refused = require_keys(*settings, "s3://lake/x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(refused.error().object, "s3://lake/x");
}

TEST_F(FindS3Settings, TheEnvironmentNamesKeysEndpointAndRegion) {
  variables_.insert({{"AWS_ACCESS_KEY_ID", "ENVID"},
                     {"AWS_SECRET_ACCESS_KEY", "env-secret"},
                     {"AWS_SESSION_TOKEN", "env-token"},
                     {"AWS_DEFAULT_REGION", "eu-north-1"},
                     {"AWS_ENDPOINT_URL", "http://all:1"}});
  auto settings = find();
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->access_key_id, "ENVID");
  EXPECT_EQ(settings->secret_access_key.reveal(), "env-secret");
  EXPECT_EQ(settings->session_token.reveal(), "env-token");
  EXPECT_EQ(settings->keys_found_in, "AWS_ACCESS_KEY_ID");
  EXPECT_EQ(settings->region, "eu-north-1");
  EXPECT_EQ(settings->endpoint, "http://all:1");
  variables_["AWS_ENDPOINT_URL_S3"] = "http://s3:2";
  variables_["AWS_REGION"] = "eu-west-3";
  settings = find();
  EXPECT_EQ(settings->endpoint, "http://s3:2");
  EXPECT_EQ(settings->region, "eu-west-3");
}

TEST_F(FindS3Settings, AProfileGivesKeysFromCredentialsAndTheRestFromConfig) {
  write("credentials",
        "[default]\naws_access_key_id = DEFID\naws_secret_access_key = def-secret\n"
        "[shop]\naws_access_key_id=SHOPID\naws_secret_access_key=shop#secret # a comment\n"
        "aws_session_token = shop-token\n");
  write("config",
        "[default]\nregion = eu-central-1\n# comment\n[profile shop]\nregion = us-west-2\n"
        "s3 =\n  addressing_style = virtual\nendpoint_url = https://shop.example\n");
  auto settings = find();
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->access_key_id, "DEFID");
  EXPECT_EQ(settings->region, "eu-central-1");
  variables_["AWS_PROFILE"] = "shop";
  settings = find();
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->access_key_id, "SHOPID");
  EXPECT_EQ(settings->secret_access_key.reveal(), "shop#secret");
  EXPECT_EQ(settings->session_token.reveal(), "shop-token");
  EXPECT_EQ(settings->region, "us-west-2");
  EXPECT_EQ(settings->endpoint, "https://shop.example");
  EXPECT_EQ(settings->url_style, S3UrlStyle::kVirtual);
  EXPECT_EQ(settings->keys_found_in,
            "profile \"shop\" of " + (home_ / ".aws/credentials").string());
}

TEST_F(FindS3Settings, TheEnvironmentsKeysGoBeforeItsProfileAndAfterATypedOne) {
  write("credentials", "[shop]\naws_access_key_id=SHOPID\naws_secret_access_key=shop-secret\n");
  variables_.insert({{"AWS_ACCESS_KEY_ID", "ENVID"},
                     {"AWS_SECRET_ACCESS_KEY", "env-secret"},
                     {"AWS_PROFILE", "shop"}});
  EXPECT_EQ(find()->access_key_id, "ENVID");
  wishes_.profile = "shop";
  EXPECT_EQ(find()->access_key_id, "SHOPID");
  wishes_.access_key_id = "TYPED";
  wishes_.secret_access_key = Secret("typed-secret");
  EXPECT_EQ(find()->access_key_id, "TYPED");
  EXPECT_EQ(find()->secret_access_key.reveal(), "typed-secret");
}

TEST_F(FindS3Settings, OtherFilesCanBeNamed) {
  write("elsewhere", "[default]\naws_access_key_id=ELSE\naws_secret_access_key=else-secret\n");
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / ".aws/elsewhere").string();
  EXPECT_EQ(find()->access_key_id, "ELSE");
}

TEST_F(FindS3Settings, WhatCannotBeIsRefused) {
  variables_["AWS_PROFILE"] = "nowhere";
  auto settings = find();
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(settings.error().message.find("\"nowhere\""), std::string::npos);

  write("config", "[profile sso]\nsso_session = corp\n[profile role]\nrole_arn = arn:x\n");
  for (const char* profile : {"sso", "role"}) {
    variables_["AWS_PROFILE"] = profile;
    settings = find();
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().kind, ErrorKind::kUnsupported);
    EXPECT_NE(settings.error().hint.find("export-credentials"), std::string::npos);
  }
  variables_.erase("AWS_PROFILE");
  variables_["AWS_ACCESS_KEY_ID"] = "ENVID";
  settings = find();
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().kind, ErrorKind::kDenied);
  variables_["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  wishes_.url_style = "diagonal";
  EXPECT_EQ(find().error().kind, ErrorKind::kInvalid);
  wishes_.url_style = "path";
  wishes_.endpoint = "localhost:9000";
  EXPECT_EQ(find().error().kind, ErrorKind::kInvalid);
}

TEST(AwsFiles, LinesThatAreNoneArePassedOver) {
  const auto sections = parse_aws_file("stray = 1\n[ a ]\n noise\nX = 1\n\n[b\ny=2\r\n; c\n");
  EXPECT_EQ(sections.at("a").at("x"), "1");
  EXPECT_EQ(sections.at("b").at("y"), "2");
}

}  // namespace
}  // namespace sluice
