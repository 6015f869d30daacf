#include "store/s3_answers.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <optional>

#include "base/text.h"
#include "store/percent.h"
#include "store/xml.h"

namespace sluice {
namespace {

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// 0 for a time that cannot be read: it is only shown.
std::int64_t time_of(const std::string& text, const char* form) {
  std::tm parts{};
  return strptime(text.c_str(), form, &parts) == nullptr ? 0 : timegm(&parts) * std::int64_t{1000};
}

class ListParser {
 public:
  ListParser(const std::string& root, bool encoded) : root_(root), encoded_(encoded) {}

  Status take(const XmlElement& element) {
    if (element.name == "Contents") return take_object(element);
    if (element.name != "CommonPrefixes") return {};
    TRY_ASSIGN(std::string folder, key_of(element.value("Prefix")));
    page.folders.push_back(std::move(folder));
    return {};
  }

  ListPage page;

 private:
  Result<std::string> key_of(const std::string& text) const {
    std::string key = encoded_ ? percent_decode(text, true) : text;
    if (!key.starts_with(root_)) {
      return fail(
          ErrorKind::kCorrupt,
          fmt::format("the server lists \"{}\", which does not begin with \"{}\"", key, root_));
    }
    return key.substr(root_.size());
  }

  Status take_object(const XmlElement& element) {
    const auto size = number_of(element.value("Size"));
    TRY_ASSIGN(std::string key, key_of(element.value("Key")));
    if (!size) {
      return fail(ErrorKind::kCorrupt, fmt::format("the server lists \"{}\" with the size \"{}\"",
                                                   key, element.value("Size")));
    }
    if (key.empty() || (key.ends_with('/') && *size == 0)) return {};
    page.objects.push_back({std::move(key), *size, etag_of(element.value("ETag")),
                            time_of(element.value("LastModified"), "%Y-%m-%dT%H:%M:%S")});
    return {};
  }

  const std::string& root_;
  bool encoded_;
};

}  // namespace

std::string etag_of(std::string_view header) {
  if (header.starts_with('"')) header.remove_prefix(1);
  if (header.ends_with('"')) header.remove_suffix(1);
  return std::string(header);
}

Result<ListPage> parse_list(const std::string& xml, const std::string& root) {
  TRY_ASSIGN(const XmlElement result, parse_xml(xml));
  if (result.name != "ListBucketResult") {
    return fail(ErrorKind::kCorrupt,
                fmt::format("the server answered a list with <{}>", result.name));
  }
  ListParser parser(root, to_lower(result.value("EncodingType")) == "url");
  for (const XmlElement& element : result.children) TRY(parser.take(element));
  if (result.value("IsTruncated") == "true") {
    parser.page.continuation = result.value("NextContinuationToken");
    if (parser.page.continuation.empty()) {
      return fail(ErrorKind::kCorrupt, "the server cut a list and does not say where it goes on");
    }
  }
  return std::move(parser.page);
}

Result<ObjectInfo> info_of_headers(const HttpResponse& response, const std::string& key) {
  const auto size = number_of(response.header("content-length"));
  if (!size) {
    return fail(ErrorKind::kCorrupt,
                fmt::format("the server does not say the size of \"{}\"", key));
  }
  return ObjectInfo{key, *size, etag_of(response.header("etag")),
                    time_of(response.header("last-modified"), "%a, %d %b %Y %H:%M:%S")};
}

}  // namespace sluice
