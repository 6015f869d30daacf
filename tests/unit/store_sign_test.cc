// Amazon's own examples of signatures, which are literals here:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "store/percent.h"
#include "store/s3_sign.h"

namespace sluice {
namespace {

const std::string kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

S3Settings example_settings() {
  S3Settings settings;
  settings.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  settings.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  return settings;
}

SignInput example(const std::string& method, const std::string& path) {
  SignInput input;
  input.method = method;
  input.path = path;
  input.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                   {"x-amz-content-sha256", kEmptyHash},
                   {"x-amz-date", "20130524T000000Z"}};
  return input;
}

std::string signed_by(const std::string& names, const std::string& signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
         "SignedHeaders=" +
         names + ", Signature=" + signature;
}

TEST(S3Sign, GetOfAnObjectsRange) {
  SignInput input = example("GET", "/test.txt");
  input.headers["range"] = "bytes=0-9";
  EXPECT_EQ(canonical_request(input),
            "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
            "x-amz-content-sha256:" +
                kEmptyHash +
                "\nx-amz-date:20130524T000000Z\n\n"
                "host;range;x-amz-content-sha256;x-amz-date\n" +
                kEmptyHash);
  EXPECT_EQ(sha256_hex(canonical_request(input)),
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
  EXPECT_EQ(authorization(input, example_settings()),
            signed_by("host;range;x-amz-content-sha256;x-amz-date",
                      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(S3Sign, PutOfAnObjectWithADollarInItsKey) {
  SignInput input = example("PUT", "/" + percent_encode_path("test$file.text"));
  input.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  input.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  input.headers["x-amz-content-sha256"] = sha256_hex("Welcome to Amazon S3.");
  EXPECT_EQ(sha256_hex(canonical_request(input)),
            "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d");
  EXPECT_EQ(authorization(input, example_settings()),
            signed_by("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(S3Sign, AParameterWithoutAValue) {
  SignInput input = example("GET", "/");
  input.query = {{"lifecycle", ""}};
  EXPECT_EQ(authorization(input, example_settings()),
            signed_by("host;x-amz-content-sha256;x-amz-date",
                      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(S3Sign, ParametersOutOfOrder) {
  SignInput input = example("GET", "/");
  input.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(canonical_query(input.query), "max-keys=2&prefix=J");
  EXPECT_EQ(authorization(input, example_settings()),
            signed_by("host;x-amz-content-sha256;x-amz-date",
                      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(S3Sign, BlanksInAHeadersValueAreOne) {
  SignInput input = example("GET", "/");
  input.headers["x-amz-meta-a"] = "  one   two ";
  EXPECT_NE(canonical_request(input).find("\nx-amz-meta-a:one two\n"), std::string::npos);
}

TEST(S3Sign, TimeIsUtcToTheSecond) { EXPECT_EQ(sign_time(1369353600999), "20130524T000000Z"); }

TEST(Percent, EveryByteButThePlainOnesIsEscaped) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode(" +/%=&*'()\xC3\xA9"), "%20%2B%2F%25%3D%26%2A%27%28%29%C3%A9");
  EXPECT_EQ(percent_encode_path("a b/c"), "a%20b/c");
}

TEST(Percent, DecodingIsTheWayBack) {
  EXPECT_EQ(percent_decode("a%20b%2Bc%C3%a9", false), "a b+c\xC3\xA9");
  EXPECT_EQ(percent_decode("a+b%2Bc", true), "a b+c");
  EXPECT_EQ(percent_decode("a+b%2", false), "a+b%2");
  EXPECT_EQ(percent_decode("%zz%", false), "%zz%");
}

}  // namespace
}  // namespace sluice
