// A value of any schema as a tree, read and written. Manifests are not read this way: who knows
// what it wants visits the bytes with Decoder.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "format/avro/decoder.h"
#include "format/avro/schema.h"

namespace sluice::avro {

struct Datum {
  using List = std::vector<Datum>;                         // array; a record's fields in order
  using Map = std::vector<std::pair<std::string, Datum>>;  // in the order of the bytes
  // int and long are std::int64_t; bytes, text and fixed std::string; an enum is its symbol.
  std::variant<std::monostate, bool, std::int64_t, float, double, std::string, List, Map> value;
  // Of a value that stands in a union: which branch of it.
  std::uint32_t branch = 0;

  bool is_null() const { return value.index() == 0; }
  bool operator==(const Datum& other) const;
};

// Errors: kCorrupt.
Result<Datum> read_datum(Decoder& decoder, const Schema& schema);

// Errors: kInvalid where the value is none of the schema.
Status write_datum(Encoder& encoder, const Schema& schema, const Datum& datum);

// A default as a schema's JSON spells it ("Complex Types", table of defaults): bytes have code
// points 0-255, a union's default is of its first branch. Errors: kCorrupt.
Result<Datum> default_datum(const Schema& schema, NodeId id, const nlohmann::json& json);

}  // namespace sluice::avro
