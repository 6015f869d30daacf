#include "format/delta/log_path.h"

#include <fmt/format.h>

#include <cctype>

namespace sluice::delta {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "s3" of "s3://b/c", "file" of "file:/c", "" of a relative path and of "/c".
std::string_view scheme_of(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 >= uri.size()) return "";
  if (uri[colon + 1] != '/' || uri.find('/') < colon) return "";
  for (const char c : uri.substr(0, colon)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.') {
      return "";
    }
  }
  return uri.substr(0, colon);
}

}  // namespace

Result<std::string> decode_uri(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("path \"{}\" has a \"%\" that begins no escape", text))
                      .about(std::string(text)));
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string encode_uri(std::string_view path) {
  constexpr std::string_view kPlain = "-_.!~*'():@&=+$,;/";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

Result<std::string> file_path(std::string_view folder, std::string_view uri) {
  const std::string_view scheme = scheme_of(uri);
  if (scheme.empty()) {
    TRY_ASSIGN(std::string path, decode_uri(uri));
    if (!path.starts_with('/')) return fmt::format("{}/{}", folder, path);
    if (scheme_of(folder).empty()) return path;
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("file \"{}\" does not say where it is: the table is in {}", uri, folder))
            .about(std::string(uri)));
  }
  const bool is_s3 = scheme == "s3" || scheme == "s3a" || scheme == "s3n";
  if (is_s3 && scheme_of(folder) == "s3") {
    TRY_ASSIGN(const std::string rest, decode_uri(uri.substr(scheme.size())));
    return "s3" + rest;
  }
  if (scheme != "file" || scheme_of(folder) == "s3") {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("file \"{}\" is not on this machine: locations of kind \"{}\" "
                                  "are not read",
                                  uri, scheme))
                    .about(std::string(uri))
                    .advise("copy the table with all of its files to a folder first"));
  }
  std::string_view rest = uri.substr(scheme.size() + 1);
  if (rest.starts_with("//")) {  // file://HOST/path
    const std::size_t slash = rest.find('/', 2);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash);
  }
  return decode_uri(rest);
}

}  // namespace sluice::delta
