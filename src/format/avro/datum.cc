#include "format/avro/datum.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace sluice::avro {
namespace {

Datum read(Decoder& decoder, const Schema& schema, NodeId id);

Datum read_items(Decoder& decoder, const Schema& schema, const Node& node) {
  Datum::List list;
  Datum::Map map;
  for (std::int64_t count = decoder.block(); count > 0; count = decoder.block()) {
    for (; count > 0 && decoder.ok(); --count) {
      const std::size_t before = decoder.position();
      if (node.kind == Kind::kMap) {
        std::string key(decoder.text());
        map.emplace_back(std::move(key), read(decoder, schema, node.children[0]));
      } else {
        list.push_back(read(decoder, schema, node.children[0]));
      }
      decoder.item_read(before);
    }
  }
  if (node.kind == Kind::kMap) return {std::move(map)};
  return {std::move(list)};
}

Datum read_nested(Decoder& decoder, const Schema& schema, const Node& node) {
  Datum out;
  if (decoder.enter()) {
    if (node.kind == Kind::kRecord) {
      Datum::List list;
      for (const Field& field : node.fields) {
        if (!decoder.ok()) break;
        list.push_back(read(decoder, schema, field.type));
      }
      out.value = std::move(list);
    } else {
      out = read_items(decoder, schema, node);
    }
  }
  decoder.leave();
  return out;
}

Datum read(Decoder& decoder, const Schema& schema, NodeId id) {
  const Node& node = schema.at(id);
  switch (node.kind) {
    case Kind::kNull:
      return {};
    case Kind::kBoolean:
      return {decoder.boolean()};
    case Kind::kInt:
      return {std::int64_t{decoder.integer()}};
    case Kind::kLong:
      return {decoder.number()};
    case Kind::kFloat:
      return {decoder.float32()};
    case Kind::kDouble:
      return {decoder.float64()};
    case Kind::kBytes:
    case Kind::kString:
      return {std::string(decoder.text())};
    case Kind::kFixed:
      return {std::string(decoder.raw(node.size))};
    case Kind::kEnum:
      return {node.symbols[decoder.index(node.symbols.size())]};
    case Kind::kUnion: {
      const std::size_t branch = decoder.index(node.children.size());
      Datum out = read(decoder, schema, node.children[branch]);
      out.branch = static_cast<std::uint32_t>(branch);
      return out;
    }
    default:
      return read_nested(decoder, schema, node);
  }
}

std::unexpected<Error> mismatch(const Node& node, const std::string& what) {
  return fail(ErrorKind::kInvalid,
              fmt::format("an Avro value of type {}{}{}: {}", to_string(node.kind),
                          node.name.empty() ? "" : " ", node.name, what));
}

Status write(Encoder& encoder, const Schema& schema, NodeId id, const Datum& datum);

Status write_number(Encoder& encoder, const Node& node, const Datum& datum) {
  const auto* number = std::get_if<std::int64_t>(&datum.value);
  if (number == nullptr) return mismatch(node, "it is no whole number");
  if (node.kind == Kind::kInt && *number != static_cast<std::int32_t>(*number)) {
    return mismatch(node, fmt::format("{} has more than 32 bits", *number));
  }
  encoder.number(*number);
  return {};
}

Status write_text(Encoder& encoder, const Node& node, const Datum& datum) {
  const auto* text = std::get_if<std::string>(&datum.value);
  if (text == nullptr) return mismatch(node, "it is no text and no bytes");
  if (node.kind == Kind::kEnum) {
    const auto found = std::find(node.symbols.begin(), node.symbols.end(), *text);
    if (found == node.symbols.end()) return mismatch(node, "no symbol \"" + *text + "\"");
    encoder.number(found - node.symbols.begin());
    return {};
  }
  if (node.kind != Kind::kFixed) {
    encoder.text(*text);
    return {};
  }
  if (text->size() != node.size) {
    return mismatch(node, fmt::format("{} bytes instead of {}", text->size(), node.size));
  }
  encoder.raw(*text);
  return {};
}

Status write_record(Encoder& encoder, const Schema& schema, const Node& node, const Datum& datum) {
  const auto* list = std::get_if<Datum::List>(&datum.value);
  if (list == nullptr || list->size() != node.fields.size()) {
    return mismatch(node, fmt::format("it has not the {} fields", node.fields.size()));
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    TRY(write(encoder, schema, node.fields[i].type, (*list)[i]));
  }
  return {};
}

Status write_items(Encoder& encoder, const Schema& schema, const Node& node, const Datum& datum) {
  if (node.kind == Kind::kMap) {
    const auto* map = std::get_if<Datum::Map>(&datum.value);
    if (map == nullptr) return mismatch(node, "it is no map");
    if (!map->empty()) encoder.number(static_cast<std::int64_t>(map->size()));
    for (const auto& [key, value] : *map) {
      encoder.text(key);
      TRY(write(encoder, schema, node.children[0], value));
    }
  } else {
    const auto* list = std::get_if<Datum::List>(&datum.value);
    if (list == nullptr) return mismatch(node, "it is no list");
    if (!list->empty()) encoder.number(static_cast<std::int64_t>(list->size()));
    for (const Datum& item : *list) TRY(write(encoder, schema, node.children[0], item));
  }
  encoder.number(0);
  return {};
}

template <typename T>
Status write_plain(const Node& node, const Datum& datum, const std::function<void(T)>& put) {
  const T* value = std::get_if<T>(&datum.value);
  if (value == nullptr) return mismatch(node, "it is of another type");
  put(*value);
  return {};
}

Status write(Encoder& encoder, const Schema& schema, NodeId id, const Datum& datum) {
  const Node& node = schema.at(id);
  switch (node.kind) {
    case Kind::kNull:
      return datum.is_null() ? Status() : mismatch(node, "it is not null");
    case Kind::kBoolean:
      return write_plain<bool>(node, datum, [&](bool value) { encoder.boolean(value); });
    case Kind::kInt:
    case Kind::kLong:
      return write_number(encoder, node, datum);
    case Kind::kFloat:
      return write_plain<float>(node, datum, [&](float value) { encoder.float32(value); });
    case Kind::kDouble:
      return write_plain<double>(node, datum, [&](double value) { encoder.float64(value); });
    case Kind::kBytes:
    case Kind::kString:
    case Kind::kFixed:
    case Kind::kEnum:
      return write_text(encoder, node, datum);
    case Kind::kRecord:
      return write_record(encoder, schema, node, datum);
    case Kind::kUnion:
      if (datum.branch >= node.children.size()) {
        return mismatch(node, fmt::format("it has no branch {}", datum.branch));
      }
      encoder.number(datum.branch);
      return write(encoder, schema, node.children[datum.branch], datum);
    default:
      return write_items(encoder, schema, node, datum);
  }
}

std::unexpected<Error> bad_default(const Node& node, const nlohmann::json& json) {
  return fail(ErrorKind::kCorrupt,
              fmt::format("an Avro schema: {} is no default of type {}",
                          json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace),
                          to_string(node.kind)));
}

// Bytes are spelled as text with the code points 0 to 255.
bool latin1(const std::string& text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out += text[i];
      continue;
    }
    if ((byte != 0xC2 && byte != 0xC3) || i + 1 == text.size()) return false;
    out += static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
  }
  return true;
}

Result<Datum> default_text(const Node& node, const nlohmann::json& json) {
  if (!json.is_string()) return bad_default(node, json);
  const std::string text = json.get<std::string>();
  if (node.kind == Kind::kString) return Datum{text};
  if (node.kind == Kind::kEnum) {
    const bool known =
        std::find(node.symbols.begin(), node.symbols.end(), text) != node.symbols.end();
    return known ? Result<Datum>(Datum{text}) : bad_default(node, json);
  }
  std::string bytes;
  if (!latin1(text, bytes)) return bad_default(node, json);
  if (node.kind == Kind::kFixed && bytes.size() != node.size) return bad_default(node, json);
  return Datum{bytes};
}

Result<Datum> default_at(const Schema& schema, NodeId id, const nlohmann::json& json, int depth);

Result<Datum> default_nested(const Schema& schema, const Node& node, const nlohmann::json& json,
                             int depth) {
  if (json.is_array() != (node.kind == Kind::kArray) || !json.is_structured()) {
    return bad_default(node, json);
  }
  Datum::List list;
  Datum::Map map;
  if (node.kind == Kind::kRecord) {
    for (const Field& field : node.fields) {
      const auto found = json.find(field.name);
      if (found == json.end() && !field.default_value) return bad_default(node, json);
      TRY_ASSIGN(Datum one,
                 default_at(schema, field.type, found != json.end() ? *found : *field.default_value,
                            depth + 1));
      list.push_back(std::move(one));
    }
    return Datum{std::move(list)};
  }
  for (const auto& [key, value] : json.items()) {
    TRY_ASSIGN(Datum one, default_at(schema, node.children[0], value, depth + 1));
    if (node.kind == Kind::kMap) {
      map.emplace_back(key, std::move(one));
    } else {
      list.push_back(std::move(one));
    }
  }
  if (node.kind == Kind::kMap) return Datum{std::move(map)};
  return Datum{std::move(list)};
}

Result<Datum> default_number(const Node& node, const nlohmann::json& json) {
  if (node.kind == Kind::kInt || node.kind == Kind::kLong) {
    if (!json.is_number_integer()) return bad_default(node, json);
    const auto value = json.get<std::int64_t>();
    const bool fits = node.kind == Kind::kLong || value == static_cast<std::int32_t>(value);
    return fits ? Result<Datum>(Datum{value}) : bad_default(node, json);
  }
  if (!json.is_number()) return bad_default(node, json);
  if (node.kind == Kind::kFloat) return Datum{json.get<float>()};
  return Datum{json.get<double>()};
}

Result<Datum> default_at(const Schema& schema, NodeId id, const nlohmann::json& json, int depth) {
  const Node& node = schema.at(id);
  if (depth > Decoder::kDepthMax) return bad_default(node, "without end");
  switch (node.kind) {
    case Kind::kNull:
      return json.is_null() ? Result<Datum>(Datum()) : bad_default(node, json);
    case Kind::kBoolean:
      return json.is_boolean() ? Result<Datum>(Datum{json.get<bool>()}) : bad_default(node, json);
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kFloat:
    case Kind::kDouble:
      return default_number(node, json);
    case Kind::kBytes:
    case Kind::kString:
    case Kind::kFixed:
    case Kind::kEnum:
      return default_text(node, json);
    case Kind::kUnion:
      return default_at(schema, node.children[0], json, depth + 1);
    default:
      return default_nested(schema, node, json, depth);
  }
}

}  // namespace

// Values are compared, not the branches that they were found in.
bool Datum::operator==(const Datum& other) const { return value == other.value; }

Result<Datum> read_datum(Decoder& decoder, const Schema& schema) {
  Datum out = read(decoder, schema, schema.root);
  TRY(decoder.status());
  return out;
}

Status write_datum(Encoder& encoder, const Schema& schema, const Datum& datum) {
  return write(encoder, schema, schema.root, datum);
}

Result<Datum> default_datum(const Schema& schema, NodeId id, const nlohmann::json& json) {
  return default_at(schema, id, json, 0);
}

}  // namespace sluice::avro
