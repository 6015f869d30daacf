// S3's side of the store without a server: a transport that gives the answers of a list.
#include <gtest/gtest.h>

#include <deque>

#include "store/s3_answers.h"
#include "store/s3_endpoint.h"
#include "store/s3_store.h"
#include "store/settle_put.h"
#include "store/xml.h"

namespace sluice {
namespace {

struct Seen {
  std::string method;
  std::string url;
  std::map<std::string, std::string> headers;
};

class ScriptedTransport : public HttpTransport {
 public:
  HttpResult send(const HttpRequest& request) override {
    seen.push_back({request.method, request.url, {request.headers.begin(), request.headers.end()}});
    if (answers.empty()) return answer(500, "InternalError");
    HttpResult next = std::move(answers.front());
    answers.pop_front();
    return next;
  }

  static HttpResponse answer(int status, const std::string& code) {
    HttpResponse out;
    out.status = status;
    out.body = "<Error><Code>" + code + "</Code><Message>said " + code + ".</Message></Error>";
    return out;
  }

  std::deque<HttpResult> answers;
  std::vector<Seen> seen;
};

HttpResult reset(bool may_have_arrived) {
  return std::unexpected(HttpFailure{Error(ErrorKind::kTransient, "reset"), may_have_arrived});
}

HttpResponse good(const std::string& body) {
  HttpResponse out;
  out.status = 200;
  out.headers["etag"] = "\"e1\"";
  out.headers["content-length"] = std::to_string(body.size());
  out.body = body;
  return out;
}

struct Rig {
  Rig() {
    settings.region = "eu-west-1";
    settings.access_key_id = "AKID";
    settings.secret_access_key = Secret("very-secret-key");
    settings.session_token = Secret("very-secret-token");
    settings.keys_found_in = "the test";
  }

  S3Store store(const S3Place& place = {"lake", "base"}) {
    S3StoreOptions options;
    options.retry.wait = [this](int wait_ms) { waits.push_back(wait_ms); };
    return {settings, place, transport, options};
  }
  RetryPolicy retry() const {
    RetryPolicy policy;
    policy.wait = [](int) {};
    return policy;
  }

  S3Settings settings;
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  std::vector<int> waits;
};

std::string url_of(S3UrlStyle style, const std::string& endpoint, const std::string& bucket) {
  Rig rig;
  rig.settings.endpoint = endpoint;
  rig.settings.url_style = style;
  static_cast<void>(rig.store({bucket, ""}).read("a b/c"));
  return rig.transport->seen.front().url;
}

TEST(S3Urls, AreMadeByStyleAndEndpoint) {
  const auto automatic = S3UrlStyle::kAuto;
  EXPECT_EQ(url_of(automatic, "", "lake"), "https://lake.s3.eu-west-1.amazonaws.com/a%20b/c");
  EXPECT_EQ(url_of(automatic, "", "la.ke"), "https://s3.eu-west-1.amazonaws.com/la.ke/a%20b/c");
  EXPECT_EQ(url_of(automatic, "http://h:9000", "lake"), "http://h:9000/lake/a%20b/c");
  EXPECT_EQ(url_of(automatic, "https://h:443/s3/", "lake"), "https://h/s3/lake/a%20b/c");
  EXPECT_EQ(url_of(S3UrlStyle::kVirtual, "http://h:9000", "lake"), "http://lake.h:9000/a%20b/c");
  EXPECT_EQ(url_of(S3UrlStyle::kPath, "", "lake"),
            "https://s3.eu-west-1.amazonaws.com/lake/a%20b/c");
}

TEST(S3Urls, AnEndpointThatIsNoneIsRefusedWithoutItsKeys) {
  EXPECT_TRUE(check_endpoint("http://127.0.0.1:9000"));
  for (const char* endpoint :
       {"", "127.0.0.1:9000", "ftp://h", "http://", "https:///x", "http://h?a"}) {
    EXPECT_FALSE(check_endpoint(endpoint)) << endpoint;
  }
  const auto keyed = check_endpoint("http://id:hidden-key@h");
  ASSERT_FALSE(keyed);
  EXPECT_EQ(keyed.error().message.find("hidden-key"), std::string::npos);
}

TEST(S3Requests, CarryTheSessionTokenAndAreSigned) {
  Rig rig;
  rig.transport->answers.push_back(good("x"));
  EXPECT_EQ(*rig.store().read("k"), "x");
  const Seen& seen = rig.transport->seen.front();
  EXPECT_EQ(seen.headers.at("x-amz-security-token"), "very-secret-token");
  EXPECT_NE(seen.headers.at("authorization")
                .find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"),
            std::string::npos);
  EXPECT_EQ(seen.headers.at("authorization").find("very-secret"), std::string::npos);
}

TEST(S3Retry, TransientAnswersAreTriedAgainUpToABound) {
  Rig rig;
  for (const int status : {500, 502, 503, 429}) {
    rig.transport->answers.push_back(ScriptedTransport::answer(status, ""));
  }
  rig.transport->answers.push_back(reset(true));
  rig.transport->answers.push_back(good("x"));
  EXPECT_EQ(*rig.store().read("k"), "x");
  EXPECT_EQ(rig.waits.size(), 5U);

  rig.waits.clear();
  rig.transport->seen.clear();
  const auto never = rig.store().read("k");  // 500 for ever
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().kind, ErrorKind::kTransient);
  EXPECT_EQ(never.error().message,
            "cannot read \"s3://lake/base/k\": the server answered 500 InternalError: said "
            "InternalError, 7 times");
  EXPECT_EQ(rig.transport->seen.size(), 7U);
  int all = 0;
  for (const int wait_ms : rig.waits) all += wait_ms;
  EXPECT_LE(all, 11'200);
}

TEST(S3Retry, ARetryAfterIsHeeded) {
  Rig rig;
  HttpResponse slow = ScriptedTransport::answer(503, "SlowDown");
  slow.headers["retry-after"] = "2";
  rig.transport->answers.push_back(slow);
  rig.transport->answers.push_back(good("x"));
  EXPECT_TRUE(rig.store().read("k"));
  EXPECT_GE(rig.waits.at(0), 2000);
}

struct Refusal {
  int status;
  const char* code;
  ErrorKind kind;
  const char* hint;
};

TEST(S3Errors, AreToldByCodeWithAHintAndNotTriedAgain) {
  for (const Refusal& row : {
           Refusal{404, "NoSuchBucket", ErrorKind::kNotFound, "aws s3 mb s3://lake"},
           Refusal{404, "NoSuchKey", ErrorKind::kNotFound, ""},
           Refusal{403, "AccessDenied", ErrorKind::kDenied, "s3:PutObject"},
           Refusal{403, "SignatureDoesNotMatch", ErrorKind::kDenied,
                   "secret key that belongs to AKID"},
           Refusal{403, "InvalidAccessKeyId", ErrorKind::kDenied, "AKID (from the test)"},
           Refusal{403, "RequestTimeTooSkewed", ErrorKind::kDenied, "clock"},
           Refusal{400, "ExpiredToken", ErrorKind::kDenied, "aws sso login"},
           Refusal{301, "PermanentRedirect", ErrorKind::kInvalid, "us-west-2, not eu-west-1"},
           Refusal{400, "AuthorizationHeaderMalformed", ErrorKind::kInvalid, "?region=us-west-2"},
           Refusal{501, "NotImplemented", ErrorKind::kUnsupported, ""},
           Refusal{400, "Unheard", ErrorKind::kInvalid, ""},
       }) {
    Rig rig;
    HttpResponse refusal = ScriptedTransport::answer(row.status, row.code);
    refusal.headers["x-amz-bucket-region"] = "us-west-2";
    rig.transport->answers.push_back(refusal);
    const auto result = rig.store().read("k");
    ASSERT_FALSE(result);
    const Error& error = result.error();
    EXPECT_EQ(error.kind, row.kind) << row.code;
    EXPECT_EQ(error.vendor_code, row.code);
    EXPECT_EQ(error.object, "s3://lake/base/k");
    EXPECT_NE(error.hint.find(row.hint), std::string::npos) << row.code << ": " << error.hint;
    EXPECT_EQ((error.message + error.hint).find("very-secret"), std::string::npos);
    EXPECT_EQ(rig.transport->seen.size(), 1U) << row.code;
  }
}

TEST(S3Errors, AHeadHasNoCodeAndIsToldByItsStatus) {
  for (const auto& [status, kind] :
       {std::pair{404, ErrorKind::kNotFound}, std::pair{403, ErrorKind::kDenied}}) {
    Rig rig;
    rig.transport->answers.push_back(HttpResponse{status, {}, ""});
    const auto head = rig.store().head("k");
    EXPECT_EQ(head.error().kind, kind);
    EXPECT_EQ(head.error().vendor_code, "HTTP_" + std::to_string(status));
  }
}

TEST(S3ConditionalPut, IsUnknownOnceAnAnswerWasMissedAndNotTriedAgain) {
  for (HttpResult missed :
       {reset(true), HttpResult(ScriptedTransport::answer(500, "InternalError")),
        HttpResult(HttpResponse{504, {}, "a proxy's page"})}) {
    Rig rig;
    rig.transport->answers.push_back(std::move(missed));
    const auto put = rig.store().put_if("k", "x", {});
    ASSERT_TRUE(put);
    EXPECT_EQ(put->outcome, PutOutcome::kUnknown);
    EXPECT_TRUE(put->cause);
    EXPECT_EQ(rig.transport->seen.size(), 1U);
    EXPECT_EQ(rig.transport->seen[0].headers.at("if-none-match"), "*");
  }
}

TEST(S3ConditionalPut, IsTriedAgainWhileNothingWasDone) {
  Rig rig;
  rig.transport->answers.push_back(reset(false));
  rig.transport->answers.push_back(ScriptedTransport::answer(503, "SlowDown"));
  rig.transport->answers.push_back(ScriptedTransport::answer(409, "ConditionalRequestConflict"));
  rig.transport->answers.push_back(good(""));
  const auto put = rig.store().put_if("k", "x", {"e0"});
  ASSERT_TRUE(put) << put.error().message;
  EXPECT_EQ(put->outcome, PutOutcome::kWritten);
  EXPECT_EQ(put->etag, "e1");
  EXPECT_EQ(rig.transport->seen[3].headers.at("if-match"), "\"e0\"");
}

TEST(S3ConditionalPut, IsLostWhereTheConditionDoesNotHold) {
  Rig rig;
  rig.transport->answers.push_back(ScriptedTransport::answer(412, "PreconditionFailed"));
  EXPECT_EQ(rig.store().put_if("k", "x", {})->outcome, PutOutcome::kLost);
  rig.transport->answers.push_back(ScriptedTransport::answer(404, "NoSuchKey"));
  EXPECT_EQ(rig.store().put_if("k", "x", {"e0"})->outcome, PutOutcome::kLost);
  rig.transport->answers.push_back(ScriptedTransport::answer(404, "NoSuchBucket"));
  EXPECT_EQ(rig.store().put_if("k", "x", {}).error().kind, ErrorKind::kNotFound);
}

TEST(S3Lists, AreReadWithTheirEscapes) {
  const auto page = parse_list(
      "<?xml version=\"1.0\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t&amp;1=</NextContinuationToken>"
      "<Contents><Key>base/a+b%2Bc%26</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>"
      "<ETag>&quot;e&#49;&quot;</ETag><Size>434234</Size></Contents>"
      "<Contents><Key>base/folder/</Key><Size>0</Size></Contents>"
      "<CommonPrefixes><Prefix>base/x/</Prefix></CommonPrefixes></ListBucketResult>",
      "base/");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0], (ObjectInfo{"a b+c&", 434234, "e1", 1255369830000}));
  EXPECT_EQ(page->folders, std::vector<std::string>{"x/"});
  EXPECT_EQ(page->continuation, "t&1=");
}

TEST(S3Lists, ThatAreBrokenAreCorrupt) {
  for (const char* xml : {"", "<html></html>", "<ListBucketResult>",
                          "<ListBucketResult><Contents><Key>base/a</Key>"
                          "<Size>-1</Size></Contents></ListBucketResult>",
                          "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
                          "<ListBucketResult><Contents><Key>other</Key><Size>1</Size></Contents></"
                          "ListBucketResult>"}) {
    const auto page = parse_list(xml, "base/");
    ASSERT_FALSE(page) << xml;
    EXPECT_EQ(page.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(Xml, IsReadWithEntitiesCommentsAndCdata) {
  const auto root =
      parse_xml("<?xml?><!-- c --><n:a x='1'><b>1&lt;&#x20AC;<![CDATA[<&]]></b><c/></n:a>\n");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->name, "a");
  EXPECT_EQ(root->value("b"), "1<\xE2\x82\xAC<&");
  EXPECT_NE(root->find("c"), nullptr);
  EXPECT_EQ(root->value("d"), "");
}

TEST(Xml, ThatIsNoneIsCorrupt) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("<a>"), std::string("<a></b>"),
        std::string("<a>&no;</a>"), std::string("<a>&#0;</a>"), std::string("<a/>x"),
        std::string("<!DOCTYPE a><a/>"), deep}) {
    EXPECT_FALSE(parse_xml(text)) << text;
  }
}

}  // namespace
}  // namespace sluice
