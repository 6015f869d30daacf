// A REST catalog by answers that are written down: tokens, waits, pages, prefixes, lent keys; and
// that no secret is in an error. What a real server does is tests/contract's.
#include <gtest/gtest.h>

#include <deque>

#include "lake_catalog/iceberg_in_rest.h"

namespace sluice {
namespace {

constexpr const char* kToken = "tok-4411-unprintable";
constexpr const char* kKey = "key-9022-unprintable";

// Answers in the order in which they are written down; what was asked is kept.
class Script : public HttpTransport {
 public:
  struct Asked {
    std::string method;
    std::string url;
    std::map<std::string, std::string> headers;
    std::string body;
  };

  HttpResult send(const HttpRequest& request) override {
    Asked one{request.method, request.url, {}, std::string(request.body)};
    for (const auto& [name, value] : request.headers) one.headers[name] = value;
    asked.push_back(std::move(one));
    if (answers.empty()) {
      return std::unexpected(HttpFailure{Error(ErrorKind::kInternal, "the script ended"), false});
    }
    HttpResult out = std::move(answers.front());
    answers.pop_front();
    return out;
  }
  void say(int status, std::string body, std::map<std::string, std::string> headers = {}) {
    answers.emplace_back(HttpResponse{status, std::move(headers), std::move(body)});
  }
  void lose() {
    answers.emplace_back(std::unexpected(HttpFailure{Error(ErrorKind::kTransient, "reset"), true}));
  }

  std::deque<HttpResult> answers;
  std::vector<Asked> asked;
};

class RestClientTest : public ::testing::Test {
 protected:
  RestClient client(IcebergLogin login = {}) {
    RetryPolicy retry;
    retry.tries_max = 4;
    retry.wait = [this](int wait_ms) { waits_.push_back(wait_ms); };
    return RestClient("http://h/c", std::move(login), script_, retry);
  }
  std::unique_ptr<IcebergCatalog> catalog(const std::string& config = "{}", S3Settings own = {}) {
    script_->say(200, config);
    auto opened = IcebergInRest::open(client(), {"the catalog", "my wh", std::move(own)});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  std::vector<int> waits_;
};

const RestRequest kRead{"GET", "/v1/x", {}, nullptr, "read x", false};
const RestRequest kWrite{"POST", "/v1/x", {}, iceberg::Json::object(), "change x", true};

TEST_F(RestClientTest, AServerThatPutsOffIsAskedAgainAfterItsTime) {
  script_->say(503, "", {{"retry-after", "3"}});
  script_->say(429, "");
  script_->say(200, R"({"a": 1})");
  const RestAnswer answer = client().send(kWrite);
  ASSERT_TRUE(answer) << answer.error().error.message;
  EXPECT_EQ((*answer)["a"], 1);
  ASSERT_EQ(waits_.size(), 2U);
  EXPECT_GE(waits_[0], 3000);
}

TEST_F(RestClientTest, WhatMayHaveHappenedIsNotSentTwice) {
  for (const int status : {500, 502, 504}) {
    script_->say(status, R"({"error": {"message": "m", "type": "CommitStateUnknownException"}})");
    const RestAnswer answer = client().send(kWrite);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().may_have_happened) << status;
    EXPECT_EQ(answer.error().error.vendor_code, "CommitStateUnknownException");
  }
  script_->lose();
  EXPECT_TRUE(client().send(kWrite).error().may_have_happened);
  EXPECT_EQ(script_->asked.size(), 4U);
  script_->say(409, "{}");
  const RestAnswer refused = client().send(kWrite);
  EXPECT_FALSE(refused.error().may_have_happened);
  EXPECT_EQ(refused.error().error.kind, ErrorKind::kConflict);
}

TEST_F(RestClientTest, WhatIsHarmlessIsSentAgain) {
  script_->say(502, "<html>");
  script_->lose();
  script_->say(200, "");
  EXPECT_TRUE(client().send(kRead));
}

TEST_F(RestClientTest, ACredentialIsExchangedForATokenAndAgainWhenItIsRefused) {
  IcebergLogin login;
  login.credential = Secret(std::string("me:") + kKey);
  script_->say(200, R"({"access_token": "first-token-77", "expires_in": 3600})");
  script_->say(401, "{}");
  script_->say(200, R"({"access_token": "second-token-77"})");
  script_->say(200, "{}");
  ASSERT_TRUE(client(login).send(kRead));
  ASSERT_EQ(script_->asked.size(), 4U);
  EXPECT_EQ(script_->asked[0].url, "http://h/c/v1/oauth/tokens");
  EXPECT_EQ(script_->asked[0].body,
            std::string("grant_type=client_credentials&client_id=me&client_secret=") + kKey +
                "&scope=catalog");
  EXPECT_EQ(script_->asked[1].headers["Authorization"], "Bearer first-token-77");
  EXPECT_EQ(script_->asked[3].headers["Authorization"], "Bearer second-token-77");
}

TEST_F(RestClientTest, ATokenThatEndedIsExchanged) {
  IcebergLogin login;
  login.token = Secret(kToken);
  login.oauth2_server_uri = "http://login/token";
  script_->say(419, "{}");
  script_->say(200, R"({"access_token": "later-token-77"})");
  script_->say(200, "{}");
  ASSERT_TRUE(client(login).send(kRead));
  EXPECT_EQ(script_->asked[1].url, "http://login/token");
  EXPECT_NE(script_->asked[1].body.find("token-exchange"), std::string::npos);
  EXPECT_EQ(script_->asked[2].headers["Authorization"], "Bearer later-token-77");
}

TEST_F(RestClientTest, NoSecretIsInAnError) {
  IcebergLogin login;
  login.credential = Secret(std::string("me:") + kKey);
  script_->say(400,
               std::string(R"({"error": "invalid_client", "error_description": ")") + kKey + "\"}");
  const RestAnswer answer = client(login).send(kRead);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error.kind, ErrorKind::kDenied);
  EXPECT_EQ(answer.error().error.message.find(kKey), std::string::npos)
      << answer.error().error.message;
}

TEST_F(RestClientTest, ConfigurationGivesPrefixSeparatorAndPages) {
  const auto it = catalog(R"({"overrides": {"prefix": "main%7Cshop", "namespace-separator": "%2E"},
                              "defaults": {"prefix": "unused"}})");
  EXPECT_EQ(script_->asked[0].url, "http://h/c/v1/config?warehouse=my%20wh");
  script_->say(200, R"({"identifiers": [{"namespace": ["a", "b"], "name": "y"}],
                        "next-page-token": "2"})");
  script_->say(200, R"({"identifiers": [{"namespace": ["a", "b"], "name": "x"}]})");
  const auto tables = it->tables("a.b");
  ASSERT_TRUE(tables) << tables.error().message;
  EXPECT_EQ(*tables, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(script_->asked[1].url, "http://h/c/v1/main%7Cshop/namespaces/a.b/tables?pageToken=");
  EXPECT_EQ(script_->asked[2].url, "http://h/c/v1/main%7Cshop/namespaces/a.b/tables?pageToken=2");
}

TEST_F(RestClientTest, LevelsOfANamespaceMayHaveDots) {
  const auto it = catalog();
  script_->say(200, R"({"namespaces": [["a.b"], ["c"]]})");
  script_->say(200, R"({"namespaces": []})");
  script_->say(200, R"({"namespaces": [["c", "d"], ["a.b"]]})");
  script_->say(200, R"({"namespaces": []})");
  EXPECT_EQ(*it->namespaces(), (std::vector<std::string>{"a%2Eb", "c", "c.d"}));
  script_->say(200, R"({"identifiers": []})");
  ASSERT_TRUE(it->tables("c.d"));
  EXPECT_EQ(script_->asked.back().url, "http://h/c/v1/namespaces/c%1Fd/tables?pageToken=");
}

TEST_F(RestClientTest, WithoutTransactionsTablesAreCommittedOneAfterTheOther) {
  const auto it = catalog(R"({"endpoints": ["GET /v1/{prefix}/namespaces"]})");
  EXPECT_FALSE(*it->commits_together());
  const auto change = [](const std::string& table) {
    return IcebergChange{{"a", table}, std::nullopt, {}, {iceberg::SetProperties{{{"k", "v"}}}}};
  };
  script_->say(200, "{}");
  script_->say(403, "{}");
  const auto done = it->commit({change("x"), change("y"), change("z")});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->outcome, CommitOutcome::kConflict);
  EXPECT_EQ(done->landed, 1U);
  EXPECT_EQ(script_->asked.size(), 3U);
}

TEST(RestStorage, LentKeysOfTheLongestPrefixGoBeforeOnesOwn) {
  S3Settings own;
  own.endpoint = "http://mine";
  own.access_key_id = "mine";
  own.secret_access_key = Secret("my-secret-key");
  const auto credentials = iceberg::Json::parse(
      R"([{"prefix": "s3://b", "config": {"s3.access-key-id": "wide",
                                          "s3.secret-access-key": "wide-secret"}},
          {"prefix": "s3://b/t", "config": {"s3.access-key-id": "narrow",
           "s3.secret-access-key": "narrow-secret", "s3.session-token": "session-text",
           "s3.session-token-expires-at-ms": "1700"}},
          {"prefix": "s3://other/long/prefix", "config": {"s3.access-key-id": "other"}}])");
  const RestConfig config = storage_config(&credentials, "s3://b/t/1",
                                           {{"s3.endpoint", "http://theirs/"},
                                            {"client.region", "eu-west-1"},
                                            {"s3.path-style-access", "true"}});
  const LentStorage lent = storage_by(config, own);
  EXPECT_TRUE(lent.is_lent);
  EXPECT_EQ(lent.s3.access_key_id, "narrow");
  EXPECT_EQ(lent.s3.secret_access_key.reveal(), "narrow-secret");
  EXPECT_EQ(lent.s3.session_token.reveal(), "session-text");
  EXPECT_EQ(lent.s3.endpoint, "http://theirs");
  EXPECT_EQ(lent.s3.region, "eu-west-1");
  EXPECT_EQ(lent.s3.url_style, S3UrlStyle::kPath);
  EXPECT_EQ(lent.ends_ms, 1700);
  const LentStorage kept = storage_by({{"s3.endpoint", "http://theirs"}}, own);
  EXPECT_FALSE(kept.is_lent);
  EXPECT_EQ(kept.s3.endpoint, "http://mine");
  EXPECT_EQ(kept.s3.access_key_id, "mine");
}

}  // namespace
}  // namespace sluice
