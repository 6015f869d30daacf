// S3's error answers as sluice's errors: the kind by S3's own code, by the status where there is
// none (a HEAD has no body, a proxy in between knows no codes).
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include <string>
#include <string_view>

#include "model/s3_settings.h"
#include "store/http.h"

namespace sluice {

struct S3Failure {
  Error error;
  // The request may have done its work, or may still do it, though no answer says so.
  bool may_have_happened = false;
  int status = 0;          // of the answer; 0 where none came
  int retry_after_ms = 0;  // as the server wished
};

// What was asked of which object, for the message: "cannot read \"s3://b/k\": ...".
struct S3Intent {
  std::string action;
  std::string address;
  std::string bucket;
};

// Requires: response.status is not 2xx, or its body is an error (a multipart upload's completion
// answers 200 before it knows).
S3Failure s3_failure(const HttpResponse& response, const S3Intent& intent,
                     const S3Settings& settings);

}  // namespace sluice
