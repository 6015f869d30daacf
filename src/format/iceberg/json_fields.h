// Members of a JSON object, each with the error that says which one is missing or wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::iceberg {

using Json = nlohmann::json;

class JsonFields {
 public:
  // `place` is for messages: "snapshot 12". Anything that is no object has no members.
  JsonFields(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  // nullptr where it is missing or null.
  const Json* find(const char* name) const;

  Result<std::int64_t> number(const char* name) const;
  Result<std::int32_t> integer(const char* name) const;
  Result<std::string> text(const char* name) const;
  Result<bool> boolean(const char* name) const;
  // An array.
  Result<const Json*> list(const char* name) const;
  Result<const Json*> object(const char* name) const;

  // Missing is nullopt; of a wrong type is an error.
  Result<std::optional<std::int64_t>> maybe_number(const char* name) const;
  Result<std::optional<std::int32_t>> maybe_integer(const char* name) const;
  Result<std::optional<std::string>> maybe_text(const char* name) const;
  Result<std::vector<std::int32_t>> integers(const char* name) const;  // missing: empty

  // What is not among `known`, to be written back as it was.
  Json others(const std::vector<std::string>& known) const;

  std::unexpected<Error> corrupt(const std::string& what) const;
  const std::string& place() const { return place_; }

 private:
  std::unexpected<Error> wrong(const char* name, const char* expected) const;

  const Json& json_;
  std::string place_;
};

// Errors: kCorrupt where it is no JSON.
Result<Json> parse_json(std::string_view text, const std::string& place);

// JSON text whatever the bytes in it are.
std::string json_text(const Json& json);

}  // namespace sluice::iceberg
