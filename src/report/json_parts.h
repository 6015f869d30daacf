// Private to report: what the JSON of all reports is made of.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/secret.h"
#include "report/report.h"

namespace sluice {

using Json = nlohmann::ordered_json;

inline std::string document(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

inline Json error_fields(const Error& error) {
  return {{"kind", to_string(error.kind)},
          {"message", redact(error.message)},
          {"object", error.object},
          {"vendor_code", error.vendor_code},
          {"hint", error.hint}};
}

// To milliseconds.
inline double rounded(double seconds) { return std::round(seconds * 1000) / 1000; }

// Columns by name; a name that stands twice gets a number behind it.
inline Json named_values(const std::vector<NamedValue>& values) {
  Json out = Json::object();
  for (const auto& [name, value] : values) {
    std::string unique = name;
    for (int i = 2; out.contains(unique); ++i) unique = name + "_" + std::to_string(i);
    out[unique] = value ? Json(*value) : Json(nullptr);
  }
  return out;
}

}  // namespace sluice
