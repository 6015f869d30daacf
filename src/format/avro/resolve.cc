#include "format/avro/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sluice::avro {
namespace {

std::string unqualified(const std::string& name) { return name.substr(name.rfind('.') + 1); }

bool is_number(Kind kind) { return kind >= Kind::kInt && kind <= Kind::kDouble; }
bool is_text(Kind kind) { return kind == Kind::kBytes || kind == Kind::kString; }

bool names_match(const Node& writer, const Node& reader) {
  return unqualified(writer.name) == unqualified(reader.name) ||
         std::find(reader.aliases.begin(), reader.aliases.end(), writer.name) !=
             reader.aliases.end();
}

// Whether the types themselves match, nested ones by their kind only.
bool matches(const Node& writer, const Node& reader) {
  if (is_number(writer.kind) && is_number(reader.kind)) return writer.kind <= reader.kind;
  if (is_text(writer.kind) && is_text(reader.kind)) return true;
  if (writer.kind != reader.kind) return false;
  if (writer.kind == Kind::kFixed) return writer.size == reader.size && names_match(writer, reader);
  if (writer.kind == Kind::kRecord || writer.kind == Kind::kEnum) {
    return names_match(writer, reader);
  }
  return true;
}

Datum promote(Datum datum, Kind to) {
  const auto number = [&]() -> double {
    if (const auto* whole = std::get_if<std::int64_t>(&datum.value)) {
      return static_cast<double>(*whole);
    }
    if (const auto* single = std::get_if<float>(&datum.value)) return *single;
    return std::get<double>(datum.value);
  };
  if (to == Kind::kDouble) return {number()};
  if (to != Kind::kFloat) return datum;
  if (const auto* whole = std::get_if<std::int64_t>(&datum.value)) {
    return {static_cast<float>(*whole)};
  }
  return datum;
}

class Resolver {
 public:
  Resolver(Decoder& decoder, const Schema& writer, const Schema& reader)
      : decoder_(decoder), writer_(writer), reader_(reader) {}

  Result<Datum> read(NodeId from, NodeId to) {
    const Node& writer = writer_.at(from);
    const Node& reader = reader_.at(to);
    if (writer.kind == Kind::kUnion) {
      const std::size_t branch = decoder_.index(writer.children.size());
      TRY(decoder_.status());
      return read(writer.children[branch], to);
    }
    if (reader.kind == Kind::kUnion) return read_into_union(from, reader);
    if (!matches(writer, reader)) return mismatch(writer, reader);
    if (writer.kind == Kind::kEnum) return symbol(writer, reader);
    if (writer.kind == Kind::kRecord || writer.kind == Kind::kArray || writer.kind == Kind::kMap) {
      return nested(writer, reader);
    }
    TRY_ASSIGN(Datum datum, plain(from));
    return promote(std::move(datum), reader.kind);
  }

 private:
  std::unexpected<Error> mismatch(const Node& writer, const Node& reader) {
    return fail(ErrorKind::kInvalid, fmt::format("Avro data of type {} {} cannot be read as {} {}",
                                                 to_string(writer.kind), writer.name,
                                                 to_string(reader.kind), reader.name));
  }

  Result<Datum> plain(NodeId from) {
    Schema one;
    one.nodes.push_back(writer_.at(from));
    return read_datum(decoder_, one);
  }

  // The first branch of the same type is taken, else the first one that it can be promoted to.
  Result<Datum> read_into_union(NodeId from, const Node& reader) {
    const Node& writer = writer_.at(from);
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i < reader.children.size(); ++i) {
      const Node& branch = reader_.at(reader.children[i]);
      if (!matches(writer, branch)) continue;
      if (branch.kind == writer.kind) {
        chosen = i;
        break;
      }
      if (!chosen) chosen = i;
    }
    if (!chosen) return mismatch(writer, reader);
    TRY_ASSIGN(Datum out, read(from, reader.children[*chosen]));
    out.branch = static_cast<std::uint32_t>(*chosen);
    return out;
  }

  Result<Datum> symbol(const Node& writer, const Node& reader) {
    const std::string& name = writer.symbols[decoder_.index(writer.symbols.size())];
    TRY(decoder_.status());
    const auto& known = reader.symbols;
    if (std::find(known.begin(), known.end(), name) != known.end()) return Datum{name};
    if (reader.symbol_default) return Datum{*reader.symbol_default};
    return fail(
        ErrorKind::kCorrupt,
        fmt::format("enum {}: the reader's schema has no symbol \"{}\"", reader.name, name));
  }

  Result<Datum> nested(const Node& writer, const Node& reader) {
    decoder_.enter();
    TRY(decoder_.status());
    Result<Datum> out =
        writer.kind == Kind::kRecord ? record(writer, reader) : items(writer, reader);
    decoder_.leave();
    return out;
  }

  static std::optional<std::size_t> place_of(const Field& field, const Node& reader) {
    for (std::size_t i = 0; i < reader.fields.size(); ++i) {
      if (reader.fields[i].name == field.name) return i;
    }
    for (std::size_t i = 0; i < reader.fields.size(); ++i) {
      const auto& aliases = reader.fields[i].aliases;
      if (std::find(aliases.begin(), aliases.end(), field.name) != aliases.end()) return i;
    }
    return std::nullopt;
  }

  Result<Datum> record(const Node& writer, const Node& reader) {
    Datum::List out(reader.fields.size());
    std::vector<bool> found(out.size(), false);
    for (const Field& field : writer.fields) {
      const auto place = place_of(field, reader);
      if (!place || found[*place]) {
        decoder_.skip(writer_, field.type);
        TRY(decoder_.status());
        continue;
      }
      TRY_ASSIGN(out[*place], read(field.type, reader.fields[*place].type));
      found[*place] = true;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (found[i]) continue;
      const Field& field = reader.fields[i];
      if (!field.default_value) {
        return fail(ErrorKind::kInvalid,
                    fmt::format("field \"{}\" of record {} is not in the data and has no default",
                                field.name, reader.name));
      }
      TRY_ASSIGN(out[i], default_datum(reader_, field.type, *field.default_value));
    }
    return Datum{std::move(out)};
  }

  Result<Datum> items(const Node& writer, const Node& reader) {
    Datum::List list;
    Datum::Map map;
    for (std::int64_t count = decoder_.block(); count > 0; count = decoder_.block()) {
      for (; count > 0 && decoder_.ok(); --count) {
        const std::size_t before = decoder_.position();
        std::string key(writer.kind == Kind::kMap ? decoder_.text() : std::string_view());
        TRY_ASSIGN(Datum item, read(writer.children[0], reader.children[0]));
        decoder_.item_read(before);
        if (writer.kind == Kind::kMap) {
          map.emplace_back(std::move(key), std::move(item));
        } else {
          list.push_back(std::move(item));
        }
      }
    }
    TRY(decoder_.status());
    if (writer.kind == Kind::kMap) return Datum{std::move(map)};
    return Datum{std::move(list)};
  }

  Decoder& decoder_;
  const Schema& writer_;
  const Schema& reader_;
};

}  // namespace

Result<Datum> read_resolved(Decoder& decoder, const Schema& writer, const Schema& reader) {
  return Resolver(decoder, writer, reader).read(writer.root, reader.root);
}

}  // namespace sluice::avro
