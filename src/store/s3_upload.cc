#include "store/s3_upload.h"

#include <fmt/format.h>

#include <deque>
#include <future>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/crash_point.h"
#include "store/s3_answers.h"
#include "store/xml.h"

namespace sluice {
namespace {

constexpr std::uint64_t kPartsOfOneSize = 1000;
constexpr std::string_view kMarkHeader = "x-amz-meta-sluice-upload";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

class S3Writer : public StoreWriter {
 public:
  explicit S3Writer(S3WriterOptions options) : options_(std::move(options)), mark_(make_ulid()) {}
  ~S3Writer() override;

  Status write(std::string_view bytes) override;
  Result<ObjectInfo> commit() override;

 private:
  struct Part {
    std::size_t number = 0;  // from 1
    std::future<Result<std::string>> etag;
  };

  std::uint64_t part_size() const {
    return options_.part_bytes << ((etags_.size() + flying_.size()) / kPartsOfOneSize);
  }
  Status begin_upload();
  Status send_part();
  Status land_part();
  Status complete();
  Result<ObjectInfo> look() const;
  bool is_ours() const;
  S3Request request(std::string method, std::string action) const {
    return {.method = std::move(method), .key = options_.full_key, .action = std::move(action)};
  }

  S3WriterOptions options_;
  std::string mark_;
  std::string upload_id_;
  std::string buffer_;
  std::deque<Part> flying_;
  std::vector<std::string> etags_;
};

S3Writer::~S3Writer() {
  flying_.clear();  // waits: a part that lands after the end of its upload would stay
  if (upload_id_.empty()) return;
  S3Request end = request("DELETE", "give up the upload of");
  end.query = {{"uploadId", upload_id_}};
  // Nobody is left to tell: parts that stay are what the bucket's lifecycle rule is for.
  static_cast<void>(options_.client->send(end));
}

Status S3Writer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = part_size() - buffer_.size();
    buffer_ += bytes.substr(0, room);
    bytes.remove_prefix(std::min(room, bytes.size()));
    // The last part is sent by commit(), so that a single one is a put.
    if (buffer_.size() == part_size() && !bytes.empty()) TRY(send_part());
  }
  return {};
}

Status S3Writer::begin_upload() {
  S3Request begin = request("POST", "begin the upload of");
  begin.query = {{"uploads", ""}};
  begin.headers[std::string(kMarkHeader)] = mark_;
  S3Answer answer = options_.client->send(begin);
  if (!answer) return fail(std::move(answer.error().error));
  TRY_ASSIGN(const XmlElement result, parse_xml(answer->body));
  upload_id_ = result.value("UploadId");
  if (upload_id_.empty()) {
    return fail(Error(ErrorKind::kCorrupt, fmt::format("the server gave the upload of \"{}\" no id",
                                                       options_.client->address(options_.full_key)))
                    .about(options_.client->address(options_.full_key)));
  }
  return {};
}

Status S3Writer::send_part() {
  if (upload_id_.empty()) TRY(begin_upload());
  if (flying_.size() >= static_cast<std::size_t>(options_.parts_in_flight)) TRY(land_part());
  const std::size_t number = etags_.size() + flying_.size() + 1;
  S3Request part = request("PUT", "write a part of");
  part.query = {{"partNumber", fmt::format("{}", number)}, {"uploadId", upload_id_}};
  auto send = [client = options_.client, part = std::move(part),
               bytes = std::exchange(buffer_, {})]() mutable -> Result<std::string> {
    part.body = bytes;
    S3Answer answer = client->send(part);
    if (!answer) return fail(std::move(answer.error().error));
    return etag_of(answer->header("etag"));
  };
  flying_.push_back({number, std::async(std::launch::async, std::move(send))});
  crash_point();
  return {};
}

Status S3Writer::land_part() {
  Part part = std::move(flying_.front());
  flying_.pop_front();
  TRY_ASSIGN(std::string etag, part.etag.get());
  etags_.push_back(std::move(etag));
  return {};
}

Result<ObjectInfo> S3Writer::look() const {
  S3Answer answer = options_.client->send(request("HEAD", "look at"));
  if (!answer) return fail(std::move(answer.error().error));
  return info_of_headers(*answer, options_.key);
}

bool S3Writer::is_ours() const {
  const S3Answer answer = options_.client->send(request("HEAD", "look at"));
  return answer && answer->header(std::string(kMarkHeader)) == mark_;
}

Status S3Writer::complete() {
  std::string list = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < etags_.size(); ++i) {
    list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", i + 1,
                        escaped(etags_[i]));
  }
  list += "</CompleteMultipartUpload>";
  S3Request end = request("POST", "end the upload of");
  end.query = {{"uploadId", upload_id_}};
  end.body = list;
  S3Answer answer = options_.client->send(end);
  const auto said = answer ? parse_xml(answer->body) : Result<XmlElement>(XmlElement{});
  const bool done = answer && said && said->name == "CompleteMultipartUploadResult";
  if (done || is_ours()) {
    upload_id_.clear();
    return {};
  }
  if (!answer) return fail(std::move(answer.error().error));
  // The status came before the outcome did.
  const std::string address = options_.client->address(options_.full_key);
  return fail(s3_failure(*answer, {end.action, address, ""}, options_.client->settings()).error);
}

Result<ObjectInfo> S3Writer::commit() {
  if (upload_id_.empty()) {
    S3Request put = request("PUT", "write");
    put.body = buffer_;
    S3Answer answer = options_.client->send(put);
    if (!answer) return fail(std::move(answer.error().error));
    return look();
  }
  if (!buffer_.empty()) TRY(send_part());
  while (!flying_.empty()) TRY(land_part());
  crash_point();
  TRY(complete());
  crash_point();
  return look();
}

}  // namespace

std::unique_ptr<StoreWriter> make_s3_writer(S3WriterOptions options) {
  return std::make_unique<S3Writer>(std::move(options));
}

}  // namespace sluice
