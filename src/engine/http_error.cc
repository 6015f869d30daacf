#include "engine/http_error.h"

#include <algorithm>
#include <array>
#include <string>

namespace sluice {
namespace {

constexpr std::string_view kBegin = "HTTP Error: ";

constexpr std::string_view kRights =
    "the key needs s3:GetObject, s3:PutObject and s3:ListBucket there; `sluice doctor` says which "
    "keys are found";
constexpr std::string_view kKeys = "`sluice doctor` says which keys are found, and where";
constexpr std::string_view kToken =
    "the keys are for a time that is over: `aws sso login`, or get new ones";
constexpr std::string_view kClock =
    "set this machine's clock: it may be 15 minutes from the server's";

struct Row {
  std::string_view sign;  // a code of S3, or a status as httpfs spells it
  ErrorKind kind;
  std::string_view hint;
};

// The first that is found counts: a code says more than a status.
constexpr std::array kRows = {
    Row{"ExpiredToken:", ErrorKind::kDenied, kToken},
    Row{"InvalidToken:", ErrorKind::kDenied, kToken},
    Row{"TokenRefreshRequired:", ErrorKind::kDenied, kToken},
    Row{"RequestTimeTooSkewed:", ErrorKind::kDenied, kClock},
    Row{"RequestExpired:", ErrorKind::kDenied, kClock},
    Row{"InvalidAccessKeyId:", ErrorKind::kDenied, kKeys},
    Row{"SignatureDoesNotMatch:", ErrorKind::kDenied, kKeys},
    Row{"AccessDenied:", ErrorKind::kDenied, kRights},
    Row{"NoSuchBucket:", ErrorKind::kNotFound, "check the bucket's name and the endpoint"},
    Row{"SlowDown:", ErrorKind::kTransient,
        "the server wants fewer requests: try with --parallel 1"},
    Row{"(HTTP 401", ErrorKind::kDenied, kRights},
    Row{"(HTTP code 401", ErrorKind::kDenied, kRights},
    Row{"(HTTP 403", ErrorKind::kDenied, kRights},
    Row{"(HTTP code 403", ErrorKind::kDenied, kRights},
};

// The line that says what was asked, and the one of S3's code; then comes advice about settings of
// the engine, which sluice's users do not have.
std::string first_lines(const std::string& text) {
  const std::size_t line = std::min(text.find("\n\n"), text.size());
  const std::size_t code = std::min(text.find("\n\n", line + 1), text.size());
  std::string out = text.substr(0, line);
  if (code > line + 2) out += ": " + text.substr(line + 2, code - line - 2);
  return out;
}

}  // namespace

bool is_http_error(std::string_view text) { return text.starts_with(kBegin); }

Error refine_http_error(Error error) {
  error.kind = ErrorKind::kTransient;
  for (const Row& row : kRows) {
    if (error.message.find(row.sign) == std::string::npos) continue;
    error.kind = row.kind;
    error.hint = row.hint;
    error.message = first_lines(error.message);
    break;
  }
  return error;
}

}  // namespace sluice
