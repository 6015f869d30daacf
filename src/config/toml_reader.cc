#include "config/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/nearest.h"

namespace sluice {

std::string TomlReader::path_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

Error TomlReader::error_at(std::string_view key, std::string_view message) const {
  std::uint32_t line = 0;
  for (const auto& [name, node] : table_) {
    if (name.str() == key) line = name.source().begin.line;
  }
  return Error(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file_, line, message))
      .about(path_of(key));
}

Error TomlReader::wrong_type(std::string_view key, std::string_view expected) const {
  return error_at(key, fmt::format("key \"{}\" is not {}", path_of(key), expected));
}

Status TomlReader::check_keys(const std::vector<std::string>& known) const {
  for (const std::string& key : keys()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string near = nearest_name(key, known);
    return fail(error_at(key, fmt::format("unknown key \"{}\"", path_of(key)))
                    .advise(near.empty() ? fmt::format("known keys are {}", fmt::join(known, ", "))
                                         : fmt::format("did you mean \"{}\"?", near)));
  }
  return {};
}

std::vector<std::string> TomlReader::keys() const {
  std::vector<std::pair<std::uint32_t, std::string>> found;
  for (const auto& [name, node] : table_) {
    found.emplace_back(name.source().begin.line, std::string(name.str()));
  }
  std::ranges::sort(found);
  std::vector<std::string> names;
  for (auto& [line, name] : found) names.push_back(std::move(name));
  return names;
}

Result<std::optional<std::string>> TomlReader::text(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_string();
  if (value == nullptr) return fail(wrong_type(key, "a text"));
  return value->get();
}

Result<std::optional<std::int64_t>> TomlReader::integer(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) return fail(wrong_type(key, "a whole number"));
  return value->get();
}

Result<std::optional<bool>> TomlReader::boolean(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_boolean();
  if (value == nullptr) return fail(wrong_type(key, "true or false"));
  return value->get();
}

Result<std::vector<std::string>> TomlReader::texts(std::string_view key) const {
  std::vector<std::string> out;
  const toml::node* node = table_.get(key);
  if (node == nullptr) return out;
  if (const auto* single = node->as_string()) {
    out.push_back(single->get());
    return out;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) return fail(wrong_type(key, "a list of texts"));
  for (const toml::node& element : *array) {
    const auto* value = element.as_string();
    if (value == nullptr) return fail(wrong_type(key, "a list of texts"));
    out.push_back(value->get());
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> TomlReader::text_pairs(
    std::string_view key) const {
  std::vector<std::pair<std::string, std::string>> out;
  TRY_ASSIGN(const std::optional<TomlReader> inner, table(key));
  if (!inner) return out;
  for (const std::string& name : inner->keys()) {
    TRY_ASSIGN(const std::optional<std::string> value, inner->text(name));
    out.emplace_back(name, *value);
  }
  return out;
}

Result<std::optional<TomlReader>> TomlReader::table(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::table* inner = node->as_table();
  if (inner == nullptr) return fail(wrong_type(key, "a table"));
  return TomlReader(*inner, path_of(key), file_);
}

}  // namespace sluice
