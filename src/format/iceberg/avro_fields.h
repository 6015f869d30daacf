// Reads an Avro record by Iceberg's field ids: each field of the record goes to the function that
// is known for its id, and is skipped where none is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/avro/decoder.h"

namespace sluice::iceberg {

using avro::Decoder;
using avro::Kind;
using avro::Node;
using avro::NodeId;

// The type behind an optional one, after the branch was read; nullptr for null.
inline const Node* open_union(Decoder& in, const avro::Schema& schema, NodeId id) {
  const Node* node = &schema.at(id);
  if (node->kind == Kind::kUnion) {
    node = &schema.at(node->children[in.index(node->children.size())]);
  }
  return node->kind == Kind::kNull ? nullptr : node;
}

inline std::int64_t read_number(Decoder& in, const Node& node) {
  if (node.kind == Kind::kLong) return in.number();
  if (node.kind == Kind::kInt) return in.integer();
  in.fail("a whole number is expected, the schema says " + std::string(avro::to_string(node.kind)));
  return 0;
}

inline std::string_view read_text(Decoder& in, const Node& node) {
  if (node.kind == Kind::kString || node.kind == Kind::kBytes) return in.text();
  if (node.kind == Kind::kFixed) return in.raw(node.size);
  in.fail("a text is expected, the schema says " + std::string(avro::to_string(node.kind)));
  return {};
}

inline bool read_boolean(Decoder& in, const Node& node) {
  if (node.kind == Kind::kBoolean) return in.boolean();
  in.fail("a boolean is expected, the schema says " + std::string(avro::to_string(node.kind)));
  return false;
}

// Calls each(node of the item) for every item of an array.
template <typename Each>
void read_array(Decoder& in, const Node& node, const Each& each) {
  if (node.kind != Kind::kArray) {
    in.fail("a list is expected, the schema says " + std::string(avro::to_string(node.kind)));
    return;
  }
  for (std::int64_t count = in.block(); count > 0; count = in.block()) {
    for (; count > 0 && in.ok(); --count) {
      const std::size_t before = in.position();
      each(node.children[0]);
      in.item_read(before);
    }
  }
}

template <typename T>
class RecordPlan {
 public:
  // `node` is what stands behind the field's union; null fields are not handed on.
  using Setter = void (*)(T& out, Decoder& in, const avro::Schema& schema, const Node& node);

  RecordPlan(const Node& record, const std::map<std::int32_t, Setter>& setters) {
    for (const avro::Field& field : record.fields) {
      const auto id = avro::integer_attribute(field.attributes, "field-id");
      const auto found = id ? setters.find(static_cast<std::int32_t>(*id)) : setters.end();
      steps_.emplace_back(field.type, found == setters.end() ? nullptr : found->second);
    }
  }

  bool has(Setter setter) const {
    for (const auto& step : steps_) {
      if (step.second == setter) return true;
    }
    return false;
  }

  void read(T& out, Decoder& in, const avro::Schema& schema) const {
    for (const auto& [type, setter] : steps_) {
      if (!in.ok()) return;
      if (setter == nullptr) {
        in.skip(schema, type);
      } else if (const Node* node = open_union(in, schema, type)) {
        setter(out, in, schema, *node);
      }
    }
  }

 private:
  std::vector<std::pair<NodeId, Setter>> steps_;
};

}  // namespace sluice::iceberg
