// A table of sluice.toml, read key by key. Every error names the file, the line and the key.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice {

class TomlReader {
 public:
  // `name` is the table's own path, "locations.shop"; "" for the whole file.
  TomlReader(const toml::table& table, std::string name, std::string file)
      : table_(table), name_(std::move(name)), file_(std::move(file)) {}

  // Errors: kInvalid for the first key that is not in `known`, with the nearest that is.
  Status check_keys(const std::vector<std::string>& known) const;

  bool has(std::string_view key) const { return table_.contains(key); }
  std::vector<std::string> keys() const;

  // nullopt where the key is not there. Errors: kInvalid for a value of another type.
  Result<std::optional<std::string>> text(std::string_view key) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key) const;
  Result<std::optional<bool>> boolean(std::string_view key) const;
  // An array of texts, or one text.
  Result<std::vector<std::string>> texts(std::string_view key) const;
  // A table of texts, in the file's order.
  Result<std::vector<std::pair<std::string, std::string>>> text_pairs(std::string_view key) const;
  // A table; nullopt where the key is not there.
  Result<std::optional<TomlReader>> table(std::string_view key) const;

  // An error about a key of this table, with file and line in front.
  Error error_at(std::string_view key, std::string_view message) const;
  std::string path_of(std::string_view key) const;  // "locations.shop.port"

 private:
  Error wrong_type(std::string_view key, std::string_view expected) const;

  const toml::table& table_;
  std::string name_;
  std::string file_;
};

}  // namespace sluice
