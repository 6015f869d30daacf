#include "engine/http_error.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Error refined(const std::string& text) {
  return refine_http_error(Error(ErrorKind::kTransient, text));
}

TEST(HttpError, ACodeOfS3SaysMoreThanAStatus) {
  const Error error = refined(
      "HTTP Error: HTTP GET error reading 'http://h/b/k' in region 'us-east-1' (HTTP 403 "
      "Forbidden)\n\nRequestTimeTooSkewed: too far\n\nAuthentication Failure - this is usually "
      "caused by invalid or missing credentials.\n* See https://duckdb.org/docs");
  EXPECT_EQ(error.kind, ErrorKind::kDenied);
  EXPECT_NE(error.hint.find("clock"), std::string::npos);
  EXPECT_EQ(error.message,
            "HTTP Error: HTTP GET error reading 'http://h/b/k' in region 'us-east-1' (HTTP 403 "
            "Forbidden): RequestTimeTooSkewed: too far");
}

TEST(HttpError, ARefusedRequestIsNotTriedAgain) {
  for (const char* text : {"HTTP Error: GET 'x' (HTTP 403 Forbidden)",
                           "HTTP Error: Unable to connect to URL x: Forbidden (HTTP code 403)",
                           "HTTP Error: GET 'x' (HTTP 401 Unauthorized)"}) {
    const Error error = refined(text);
    EXPECT_EQ(error.kind, ErrorKind::kDenied) << text;
    EXPECT_NE(error.hint.find("doctor"), std::string::npos) << text;
    EXPECT_EQ(error.message, text);
  }
}

TEST(HttpError, AllElseMayPass) {
  for (const char* text :
       {"HTTP Error: GET 'x' (HTTP 500 Internal Server Error)", "HTTP Error: connection reset",
        "HTTP Error: POST 'x' (HTTP 404 Not Found)\n\nNoSuchUpload: none"}) {
    EXPECT_EQ(refined(text).kind, ErrorKind::kTransient) << text;
    EXPECT_EQ(refined(text).message, text);
  }
}

TEST(HttpError, OnlyThoseOfHttpfsAreLookedAt) {
  EXPECT_TRUE(is_http_error("HTTP Error: x"));
  EXPECT_FALSE(is_http_error("IO Error: HTTP Error: x"));
  EXPECT_FALSE(is_http_error("x (HTTP 403"));
}

}  // namespace
}  // namespace sluice
