#include "store/s3_store.h"

#include <fmt/format.h>

#include "store/check_range.h"
#include "store/s3_answers.h"
#include "store/s3_upload.h"

namespace sluice {
namespace {

constexpr int kOk = 200;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 412;
constexpr int kRangeNotSatisfiable = 416;

std::unexpected<Error> error_of(S3Answer& answer) { return fail(std::move(answer.error().error)); }

Error with_address(Error error, const std::string& address) {
  error.object = address;
  return error;
}

}  // namespace

S3Store::S3Store(S3Settings settings, S3Place place, std::shared_ptr<HttpTransport> transport,
                 S3StoreOptions options)
    : client_(std::make_shared<S3Client>(std::move(settings), place.bucket, std::move(transport),
                                         options.retry)),
      root_(place.prefix.empty() ? "" : place.prefix + "/"),
      options_(std::move(options)) {}

std::string S3Store::address(std::string_view key) const {
  return client_->address(root_ + std::string(key));
}

Result<ListPage> S3Store::list(const ListRequest& request) {
  S3Request call{.method = "GET", .action = "list"};
  call.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", full(request.prefix)}};
  if (request.shallow) call.query.emplace_back("delimiter", "/");
  if (!request.start_after.empty()) {
    call.query.emplace_back("start-after", full(request.start_after));
  }
  if (!request.continuation.empty()) {
    call.query.emplace_back("continuation-token", request.continuation);
  }
  if (request.keys_max != 0) {
    call.query.emplace_back("max-keys", fmt::format("{}", request.keys_max));
  }
  S3Answer answer = client_->send(call);
  if (!answer) return error_of(answer);
  auto page = parse_list(answer->body, root_);
  if (!page) return fail(with_address(std::move(page.error()), address(request.prefix)));
  return page;
}

Result<ObjectInfo> S3Store::head(const std::string& key) {
  S3Answer answer = client_->send({.method = "HEAD", .key = full(key), .action = "look at"});
  if (!answer) return error_of(answer);
  return info_of_headers(*answer, key);
}

Result<std::string> S3Store::read(const std::string& key) {
  S3Answer answer = client_->send({.method = "GET", .key = full(key), .action = "read"});
  if (!answer) return error_of(answer);
  return std::move(answer->body);
}

Result<std::string> S3Store::read_range(const std::string& key, const ReadRange& range) {
  if (range.length == 0) {  // HTTP has no empty range
    TRY_ASSIGN(const ObjectInfo info, head(key));
    TRY(check_range(address(key), info, range));
    return "";
  }
  S3Request call{.method = "GET", .key = full(key), .action = "read"};
  call.headers["range"] = fmt::format("bytes={}-{}", range.offset, range.offset + range.length - 1);
  if (!range.etag.empty()) call.headers["if-match"] = "\"" + range.etag + "\"";
  S3Answer answer = client_->send(call);
  if (!answer && answer.error().status == kPreconditionFailed) {
    return fail(changed_while_read(address(key)));
  }
  if (!answer && answer.error().status == kRangeNotSatisfiable) {
    TRY_ASSIGN(const ObjectInfo info, head(key));
    return fail(ends_before(address(key), info.size, range));
  }
  if (!answer) return error_of(answer);
  // 200 is the whole object: from a server, or a proxy, that knows no ranges.
  const std::uint64_t skipped = answer->status == kOk ? range.offset : 0;
  if (answer->body.size() < skipped + range.length) {
    return fail(ends_before(address(key), answer->body.size() + range.offset - skipped, range));
  }
  return answer->body.substr(skipped, range.length);
}

Result<std::string> S3Store::put(const std::string& key, std::string_view bytes) {
  TRY(check_key(*this, key));
  S3Answer answer =
      client_->send({.method = "PUT", .key = full(key), .body = bytes, .action = "write"});
  if (!answer) return error_of(answer);
  return etag_of(answer->header("etag"));
}

Result<ConditionalPut> S3Store::put_if(const std::string& key, std::string_view bytes,
                                       const PutCondition& condition) {
  TRY(check_key(*this, key));
  S3Request call{
      .method = "PUT", .key = full(key), .body = bytes, .action = "write", .repeatable = false};
  if (condition.if_match.empty()) {
    call.headers["if-none-match"] = "*";
  } else {
    call.headers["if-match"] = "\"" + condition.if_match + "\"";
  }
  S3Answer answer = client_->send(call);
  if (answer) return ConditionalPut{PutOutcome::kWritten, etag_of(answer->header("etag")), {}};
  S3Failure& failure = answer.error();
  if (failure.may_have_happened) {
    return ConditionalPut{PutOutcome::kUnknown, "", std::move(failure.error)};
  }
  // Amazon says so of an If-Match to a key that is gone.
  const bool gone = failure.status == kNotFound && failure.error.vendor_code == "NoSuchKey";
  if (failure.status == kPreconditionFailed || (gone && !condition.if_match.empty())) {
    return ConditionalPut{PutOutcome::kLost, "", {}};
  }
  if (failure.error.kind == ErrorKind::kUnsupported) {
    failure.error.hint =
        "this server has no conditional writes, without which two writers could "
        "both win";
  }
  return error_of(answer);
}

Result<std::unique_ptr<StoreWriter>> S3Store::open_writer(const std::string& key) {
  TRY(check_key(*this, key));
  return make_s3_writer({client_, key, full(key), options_.part_bytes, options_.parts_in_flight});
}

Status S3Store::remove(const std::string& key) {
  S3Answer answer = client_->send({.method = "DELETE", .key = full(key), .action = "delete"});
  const bool gone = !answer && answer.error().error.vendor_code == "NoSuchKey";
  if (!answer && !gone) return error_of(answer);
  return {};
}

}  // namespace sluice
