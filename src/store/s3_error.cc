#include "store/s3_error.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/secret.h"
#include "store/xml.h"

namespace sluice {
namespace {

constexpr std::size_t kMessageMax = 300;

enum class Hint { kNone, kBucket, kRights, kKeyId, kSecret, kClock, kToken, kRegion, kSlow };

struct Row {
  std::string_view code;
  ErrorKind kind;
  Hint hint = Hint::kNone;
  bool refused = true;  // the server says that it did nothing
};

constexpr std::array kRows = {
    Row{"NoSuchKey", ErrorKind::kNotFound},
    Row{"NoSuchUpload", ErrorKind::kNotFound},
    Row{"NoSuchBucket", ErrorKind::kNotFound, Hint::kBucket},
    Row{"InvalidBucketName", ErrorKind::kInvalid, Hint::kBucket},
    Row{"AccessDenied", ErrorKind::kDenied, Hint::kRights},
    Row{"AllAccessDisabled", ErrorKind::kDenied, Hint::kRights},
    Row{"AccountProblem", ErrorKind::kDenied, Hint::kRights},
    Row{"InvalidAccessKeyId", ErrorKind::kDenied, Hint::kKeyId},
    Row{"XAdminUserNotFound", ErrorKind::kDenied, Hint::kKeyId},
    Row{"SignatureDoesNotMatch", ErrorKind::kDenied, Hint::kSecret},
    Row{"RequestTimeTooSkewed", ErrorKind::kDenied, Hint::kClock},
    Row{"RequestExpired", ErrorKind::kDenied, Hint::kClock},
    Row{"ExpiredToken", ErrorKind::kDenied, Hint::kToken},
    Row{"TokenRefreshRequired", ErrorKind::kDenied, Hint::kToken},
    Row{"InvalidToken", ErrorKind::kDenied, Hint::kToken},
    Row{"AuthorizationHeaderMalformed", ErrorKind::kInvalid, Hint::kRegion},
    Row{"IncorrectEndpoint", ErrorKind::kInvalid, Hint::kRegion},
    Row{"IllegalLocationConstraintException", ErrorKind::kInvalid, Hint::kRegion},
    Row{"PermanentRedirect", ErrorKind::kInvalid, Hint::kRegion},
    Row{"TemporaryRedirect", ErrorKind::kInvalid, Hint::kRegion},
    Row{"PreconditionFailed", ErrorKind::kConflict},
    Row{"InvalidObjectState", ErrorKind::kUnsupported},
    Row{"NotImplemented", ErrorKind::kUnsupported},
    Row{"MethodNotAllowed", ErrorKind::kUnsupported},
    Row{"EntityTooLarge", ErrorKind::kLimit},
    Row{"KeyTooLongError", ErrorKind::kLimit},
    Row{"QuotaExceeded", ErrorKind::kLimit},
    Row{"StorageFull", ErrorKind::kLimit},
    Row{"XMinioStorageFull", ErrorKind::kLimit},
    // Not done, and welcome again.
    Row{"ConditionalRequestConflict", ErrorKind::kTransient},
    Row{"OperationAborted", ErrorKind::kTransient},
    Row{"SlowDown", ErrorKind::kTransient, Hint::kSlow},
    Row{"SlowDownRead", ErrorKind::kTransient, Hint::kSlow},
    Row{"SlowDownWrite", ErrorKind::kTransient, Hint::kSlow},
    Row{"ServiceUnavailable", ErrorKind::kTransient, Hint::kSlow},
    Row{"TooManyRequests", ErrorKind::kTransient, Hint::kSlow},
    Row{"ThrottlingException", ErrorKind::kTransient, Hint::kSlow},
    Row{"BandwidthLimitExceeded", ErrorKind::kTransient, Hint::kSlow},
    Row{"RequestTimeout", ErrorKind::kTransient},  // the body did not arrive in time
    Row{"BadDigest", ErrorKind::kTransient},       // the body was damaged on its way
    Row{"XAmzContentSHA256Mismatch", ErrorKind::kTransient},
    Row{"InternalError", ErrorKind::kTransient, Hint::kNone, false},
};

Row row_of_status(int status) {
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return {"", ErrorKind::kInvalid, Hint::kRegion};
    case 401:
    case 403:
      return {"", ErrorKind::kDenied, Hint::kRights};
    case 404:
    case 410:
      return {"", ErrorKind::kNotFound};
    case 405:
    case 501:
      return {"", ErrorKind::kUnsupported};
    case 412:
      return {"", ErrorKind::kConflict};
    case 413:
    case 507:
      return {"", ErrorKind::kLimit};
    case 408:
    case 425:
    case 429:
      return {"", ErrorKind::kTransient, Hint::kSlow};
    default:
      if (status >= 500) return {"", ErrorKind::kTransient, Hint::kNone, false};
      return {"", ErrorKind::kInvalid};
  }
}

Row row_of(const std::string& code, int status) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return row_of_status(status);
}

std::string hint_text(Hint hint, const S3Intent& intent, const S3Settings& settings,
                      const std::string& region) {
  const std::string keys = settings.keys_found_in.empty() ? "the settings" : settings.keys_found_in;
  switch (hint) {
    case Hint::kBucket:
      return fmt::format("check the bucket's name and the endpoint; `aws s3 mb s3://{}` makes it",
                         intent.bucket);
    case Hint::kRights:
      return fmt::format(
          "the key {} (from {}) needs s3:ListBucket, s3:GetObject, s3:PutObject and "
          "s3:DeleteObject on \"{}\"; `sluice doctor` says which keys are found",
          settings.access_key_id, keys, intent.bucket);
    case Hint::kKeyId:
      return fmt::format(
          "the key {} (from {}) is not known at {}; `sluice doctor` says which keys "
          "are found",
          settings.access_key_id, keys, settings.endpoint.empty() ? "Amazon" : settings.endpoint);
    case Hint::kSecret:
      return fmt::format("check the secret key that belongs to {} (from {})",
                         settings.access_key_id, keys);
    case Hint::kClock:
      return "set this machine's clock: it may be 15 minutes from the server's";
    case Hint::kToken:
      return fmt::format(
          "the keys from {} are for a time that is over: `aws sso login`, or get new "
          "ones",
          keys);
    case Hint::kRegion:
      if (region.empty()) return "set the bucket's region: ?region=NAME, or AWS_REGION";
      return fmt::format("the bucket is in region {}, not {}: write ?region={}, or set AWS_REGION",
                         region, settings.region, region);
    case Hint::kSlow:
      return "the server wants fewer requests: try with --parallel 1";
    case Hint::kNone:
      break;
  }
  return "";
}

int milliseconds_of(const std::string& seconds) {
  int value = 0;
  const auto [end, code] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  const bool whole = code == std::errc() && end == seconds.data() + seconds.size();
  return whole && value > 0 && value < 3600 ? value * 1000 : 0;
}

}  // namespace

S3Failure s3_failure(const HttpResponse& response, const S3Intent& intent,
                     const S3Settings& settings) {
  std::string code;
  std::string message;
  std::string region = response.header("x-amz-bucket-region");
  if (const auto body = parse_xml(response.body); body && body->name == "Error") {
    code = body->value("Code");
    message = body->value("Message").substr(0, kMessageMax);
    if (const std::string named = body->value("Region"); !named.empty()) region = named;
  }
  Row row = row_of(code, response.status);
  // Signed for another region: 400 to a HEAD, which has no code.
  if (code.empty() && response.status == 400 && !region.empty() && region != settings.region) {
    row.hint = Hint::kRegion;
  }
  std::string why = fmt::format("the server answered {}", response.status);
  if (!code.empty()) why += " " + code;
  if (!message.empty()) why += ": " + message;
  while (why.ends_with('.')) why.pop_back();
  Error error(row.kind,
              redact(fmt::format("cannot {} \"{}\": {}", intent.action, intent.address, why)));
  error.object = intent.address;
  error.vendor_code = code.empty() ? fmt::format("HTTP_{}", response.status) : code;
  error.hint = hint_text(row.hint, intent, settings, region);
  return {std::move(error), !row.refused, response.status,
          milliseconds_of(response.header("retry-after"))};
}

}  // namespace sluice
