#include "format/delta/json_text.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace sluice::delta {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// A parser keeps its buffers: one for each thread.
simdjson::dom::parser& parser() {
  thread_local simdjson::dom::parser one;
  return one;
}

template <typename Map>
std::string json_of_pairs(const Map& pairs) {
  std::string out = "{";
  for (const auto& [key, value] : pairs) {
    if (out.size() > 1) out += ',';
    add_json_string(key, out);
    out += ':';
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
      add_json_string(value, out);
    } else if (value) {
      add_json_string(*value, out);
    } else {
      out += "null";
    }
  }
  return out + "}";
}

std::unexpected<Error> not_json(std::string_view json) {
  return fail(Error(ErrorKind::kCorrupt, fmt::format("\"{}\" is no JSON of the kind that the "
                                                     "catalog keeps",
                                                     json))
                  .advise("compare the catalog with the log by `sluice catalog validate`"));
}

template <typename Out, typename Take>
Result<Out> read_object(std::string_view json, const Take& take) {
  Out out;
  if (json.empty() || json == "{}") return out;
  simdjson::dom::object fields;
  if (parser().parse(simdjson::padded_string(json)).get(fields) != simdjson::SUCCESS) {
    return not_json(json);
  }
  for (const auto& [key, value] : fields) {
    if (!value.is_null() && !value.is_string()) return not_json(json);
    take(out, std::string(key), value);
  }
  return out;
}

bool same(const element& left, const element& right);

bool same_objects(const simdjson::dom::object& left, const simdjson::dom::object& right) {
  if (left.size() != right.size()) return false;
  for (const auto& [key, value] : left) {
    element other;
    if (right.at_key(key).get(other) != simdjson::SUCCESS || !same(value, other)) return false;
  }
  return true;
}

bool same_arrays(const simdjson::dom::array& left, const simdjson::dom::array& right) {
  if (left.size() != right.size()) return false;
  auto other = right.begin();
  for (const element value : left) {
    if (!same(value, *other)) return false;
    ++other;
  }
  return true;
}

// Integers are compared as such; 1 and 1.0 are the same.
bool same(const element& left, const element& right) {
  const element_type type = left.type();
  if (type == element_type::OBJECT && right.is_object()) {
    return same_objects(simdjson::dom::object(left), simdjson::dom::object(right));
  }
  if (type == element_type::ARRAY && right.is_array()) {
    return same_arrays(simdjson::dom::array(left), simdjson::dom::array(right));
  }
  if (left.is_number() && right.is_number() && type != right.type()) {
    return double(left) == double(right);
  }
  return type == right.type() && simdjson::minify(left) == simdjson::minify(right);
}

}  // namespace

void add_json_string(std::string_view text, std::string& out) {
  constexpr unsigned char kFirstPlain = 0x20;
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < kFirstPlain) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string json_of(const PartitionValues& values) { return json_of_pairs(values); }
std::string json_of(const StringMap& map) { return json_of_pairs(map); }

std::string json_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    add_json_string(text, out);
  }
  return out + "]";
}

Result<PartitionValues> partition_values_of(std::string_view json) {
  return read_object<PartitionValues>(
      json, [](PartitionValues& out, std::string key, const element& value) {
        if (value.is_null()) {
          out.emplace_back(std::move(key), std::nullopt);
        } else {
          out.emplace_back(std::move(key), std::string(std::string_view(value)));
        }
      });
}

Result<StringMap> string_map_of(std::string_view json) {
  return read_object<StringMap>(json, [](StringMap& out, std::string key, const element& value) {
    if (!value.is_null()) out[std::move(key)] = std::string_view(value);
  });
}

Result<std::vector<std::string>> strings_of(std::string_view json) {
  std::vector<std::string> out;
  if (json.empty() || json == "[]") return out;
  simdjson::dom::array items;
  if (parser().parse(simdjson::padded_string(json)).get(items) != simdjson::SUCCESS) {
    return not_json(json);
  }
  for (const element item : items) {
    if (!item.is_string()) return not_json(json);
    out.emplace_back(std::string_view(item));
  }
  return out;
}

bool same_json(std::string_view left, std::string_view right) {
  if (left == right) return true;
  thread_local simdjson::dom::parser other;
  element one;
  element two;
  if (parser().parse(simdjson::padded_string(left)).get(one) != simdjson::SUCCESS) return false;
  if (other.parse(simdjson::padded_string(right)).get(two) != simdjson::SUCCESS) return false;
  return same(one, two);
}

}  // namespace sluice::delta
