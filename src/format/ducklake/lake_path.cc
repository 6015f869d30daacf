#include "format/ducklake/lake_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace sluice::ducklake {
namespace {

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

}  // namespace

std::string resolve_path(std::string_view folder, std::string_view path, bool is_relative) {
  if (!is_relative) return std::string(path);
  return std::string(folder) + std::string(path);
}

std::string as_folder(std::string path) {
  if (!path.empty() && path.back() != '/') path += '/';
  return path;
}

std::string folder_for(std::string_view name, std::string_view uuid) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), is_plain);
  return as_folder(std::string(plain ? name : uuid));
}

std::string partition_part(std::string_view key, std::string_view value) {
  std::string out;
  for (const std::string_view text : {key, value}) {
    if (!out.empty() || text.data() == value.data()) out += '=';
    for (const char c : text) {
      if (is_plain(c) || c == '.' || c == ' ') {
        out += c;
      } else {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      }
    }
  }
  return out;
}

}  // namespace sluice::ducklake
