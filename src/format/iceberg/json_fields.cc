#include "format/iceberg/json_fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::iceberg {

std::unexpected<Error> JsonFields::corrupt(const std::string& what) const {
  return fail(ErrorKind::kCorrupt, fmt::format("Iceberg, {}: {}", place_, what));
}

std::unexpected<Error> JsonFields::wrong(const char* name, const char* expected) const {
  const Json* found = find(name);
  if (found == nullptr) return corrupt(fmt::format("\"{}\" is missing", name));
  return corrupt(
      fmt::format("\"{}\" is {}, not {}", name, json_text(*found).substr(0, 60), expected));
}

const Json* JsonFields::find(const char* name) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(name);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

Result<std::int64_t> JsonFields::number(const char* name) const {
  const Json* found = find(name);
  if (found == nullptr || !found->is_number_integer()) return wrong(name, "a whole number");
  // 2^63 and above would wrap.
  if (found->is_number_unsigned() &&
      found->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return wrong(name, "a number of 64 bits");
  }
  return found->get<std::int64_t>();
}

Result<std::int32_t> JsonFields::integer(const char* name) const {
  TRY_ASSIGN(const std::int64_t value, number(name));
  if (value != static_cast<std::int32_t>(value)) return wrong(name, "a number of 32 bits");
  return static_cast<std::int32_t>(value);
}

Result<std::string> JsonFields::text(const char* name) const {
  const Json* found = find(name);
  if (found == nullptr || !found->is_string()) return wrong(name, "a text");
  return found->get<std::string>();
}

Result<bool> JsonFields::boolean(const char* name) const {
  const Json* found = find(name);
  if (found == nullptr || !found->is_boolean()) return wrong(name, "true or false");
  return found->get<bool>();
}

Result<const Json*> JsonFields::list(const char* name) const {
  const Json* found = find(name);
  if (found == nullptr || !found->is_array()) return wrong(name, "a list");
  return found;
}

Result<const Json*> JsonFields::object(const char* name) const {
  const Json* found = find(name);
  if (found == nullptr || !found->is_object()) return wrong(name, "an object");
  return found;
}

Result<std::optional<std::int64_t>> JsonFields::maybe_number(const char* name) const {
  if (find(name) == nullptr) return std::nullopt;
  TRY_ASSIGN(const std::int64_t value, number(name));
  return value;
}

Result<std::optional<std::int32_t>> JsonFields::maybe_integer(const char* name) const {
  if (find(name) == nullptr) return std::nullopt;
  TRY_ASSIGN(const std::int32_t value, integer(name));
  return value;
}

Result<std::optional<std::string>> JsonFields::maybe_text(const char* name) const {
  if (find(name) == nullptr) return std::nullopt;
  TRY_ASSIGN(std::string value, text(name));
  return value;
}

Result<std::vector<std::int32_t>> JsonFields::integers(const char* name) const {
  std::vector<std::int32_t> out;
  if (find(name) == nullptr) return out;
  TRY_ASSIGN(const Json* values, list(name));
  for (const Json& value : *values) {
    if (!value.is_number_integer() || value.get<std::int64_t>() != value.get<std::int32_t>()) {
      return wrong(name, "a list of numbers");
    }
    out.push_back(value.get<std::int32_t>());
  }
  return out;
}

Json JsonFields::others(const std::vector<std::string>& known) const {
  Json out = Json::object();
  if (!json_.is_object()) return out;
  for (const auto& [key, value] : json_.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) out[key] = value;
  }
  return out;
}

Result<Json> parse_json(std::string_view text, const std::string& place) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return fail(ErrorKind::kCorrupt, fmt::format("Iceberg, {}: it is no JSON", place));
  }
  return json;
}

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::iceberg
