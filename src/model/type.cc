#include "model/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace sluice {
namespace {

struct KindRow {
  TypeKind kind;
  std::string_view name;        // sluice's spelling
  std::string_view engine_sql;  // the engine's, "" where it has parameters or none
};

constexpr std::array kKinds = {
    KindRow{TypeKind::kBoolean, "boolean", "BOOLEAN"},
    KindRow{TypeKind::kInt8, "int8", "TINYINT"},
    KindRow{TypeKind::kInt16, "int16", "SMALLINT"},
    KindRow{TypeKind::kInt32, "int32", "INTEGER"},
    KindRow{TypeKind::kInt64, "int64", "BIGINT"},
    KindRow{TypeKind::kInt128, "int128", "HUGEINT"},
    KindRow{TypeKind::kUInt8, "uint8", "UTINYINT"},
    KindRow{TypeKind::kUInt16, "uint16", "USMALLINT"},
    KindRow{TypeKind::kUInt32, "uint32", "UINTEGER"},
    KindRow{TypeKind::kUInt64, "uint64", "UBIGINT"},
    KindRow{TypeKind::kUInt128, "uint128", "UHUGEINT"},
    KindRow{TypeKind::kFloat32, "float32", "FLOAT"},
    KindRow{TypeKind::kFloat64, "float64", "DOUBLE"},
    KindRow{TypeKind::kDecimal, "decimal", ""},
    KindRow{TypeKind::kNumeric, "numeric", "VARCHAR"},
    KindRow{TypeKind::kBigInt, "bigint", "BIGNUM"},
    KindRow{TypeKind::kText, "text", "VARCHAR"},
    KindRow{TypeKind::kBlob, "blob", "BLOB"},
    KindRow{TypeKind::kDate, "date", "DATE"},
    KindRow{TypeKind::kTime, "time", "TIME"},
    KindRow{TypeKind::kTimeNs, "time_ns", "TIME_NS"},
    KindRow{TypeKind::kTimeTz, "timetz", "TIMETZ"},
    KindRow{TypeKind::kTimestampS, "timestamp_s", "TIMESTAMP_S"},
    KindRow{TypeKind::kTimestampMs, "timestamp_ms", "TIMESTAMP_MS"},
    KindRow{TypeKind::kTimestamp, "timestamp", "TIMESTAMP"},
    KindRow{TypeKind::kTimestampNs, "timestamp_ns", "TIMESTAMP_NS"},
    KindRow{TypeKind::kTimestampTz, "timestamptz", "TIMESTAMPTZ"},
    KindRow{TypeKind::kInterval, "interval", "INTERVAL"},
    KindRow{TypeKind::kUuid, "uuid", "UUID"},
    KindRow{TypeKind::kBit, "bit", "BIT"},
    KindRow{TypeKind::kJson, "json", "VARCHAR"},
    KindRow{TypeKind::kEnum, "enum", ""},
    KindRow{TypeKind::kList, "list", ""},
    KindRow{TypeKind::kArray, "array", ""},
    KindRow{TypeKind::kStruct, "struct", ""},
    KindRow{TypeKind::kMap, "map", ""},
    KindRow{TypeKind::kUnion, "union", ""},
    KindRow{TypeKind::kGeometry, "geometry", "GEOMETRY"},
    KindRow{TypeKind::kOther, "other", ""},
};

const KindRow& row_of(TypeKind kind) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const KindRow& row) { return row.kind == kind; });
}

// Recursive descent over to_string's grammar:
//   type   = name [ "(" parameters ")" ] [ "<" item {"," item} ">" ]
//   item   = [ quoted-name ":" ] type
// parameters: quoted labels (enum, other), a size (array), length[,fixed] (text),
// precision[,scale].
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Result<Type> parse() {
    TRY_ASSIGN(Type type, parse_one(0));
    if (!rest_.empty()) return broken();
    return type;
  }

 private:
  static constexpr int kDepthMax = 64;

  std::unexpected<Error> broken() const {
    return fail(ErrorKind::kInvalid,
                fmt::format("cannot read type \"{}\" at \"{}\"", text_, rest_));
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_quoted(std::string& out) {
    out.clear();
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"' && !take("\"")) return true;
      out += c;
    }
    return false;
  }
  template <typename T>
  bool take_number(T& value) {
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (code != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }
  bool take_labels(Type& type) {
    if (rest_.starts_with(')')) return true;
    std::string label;
    do {
      if (!take_quoted(label)) return false;
      type.labels.push_back(label);
    } while (take(","));
    return true;
  }
  bool take_parameters(Type& type) {
    switch (type.kind) {
      case TypeKind::kEnum:
        return take_labels(type);
      case TypeKind::kOther:
        return take_quoted(type.native_name);
      case TypeKind::kText:
        if (!take_number(type.length_max) || type.length_max < 1) return false;
        type.fixed_length = take(",fixed");
        return true;
      case TypeKind::kArray:
        return take_number(type.array_size);
      case TypeKind::kDecimal:
      case TypeKind::kNumeric:
        if (!take_number(type.precision) || type.precision < 1) return false;
        return !take(",") || take_number(type.scale);
      default:
        return false;
    }
  }
  Result<Type> parse_one(int depth) {
    std::size_t length = 0;
    while (length < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 || rest_[length] == '_')) {
      ++length;
    }
    const std::string_view name = rest_.substr(0, length);
    const auto row = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const KindRow& r) { return r.name == name; });
    if (row == kKinds.end() || depth > kDepthMax) return broken();
    rest_.remove_prefix(length);
    Type type = simple_type(row->kind);
    if (take("(") && (!take_parameters(type) || !take(")"))) return broken();
    if (take("<")) TRY(take_children(type, depth));
    if (!is_complete(type)) return broken();
    return type;
  }
  Status take_children(Type& type, int depth) {
    const bool named = type.kind == TypeKind::kStruct || type.kind == TypeKind::kUnion;
    std::string label;
    do {
      if (named) {
        if (!take_quoted(label) || !take(":")) return broken();
        type.labels.push_back(label);
      }
      TRY_ASSIGN(Type child, parse_one(depth + 1));
      type.children.push_back(std::move(child));
    } while (take(","));
    if (!take(">")) return broken();
    return {};
  }
  static bool is_complete(const Type& type) {
    const std::size_t children = type.children.size();
    switch (type.kind) {
      case TypeKind::kDecimal:
        return type.precision >= 1 && type.precision <= kDecimalDigitsMax && type.scale >= 0 &&
               type.scale <= type.precision && children == 0;
      case TypeKind::kList:
      case TypeKind::kArray:
        return children == 1;
      case TypeKind::kMap:
        return children == 2;
      case TypeKind::kStruct:
      case TypeKind::kUnion:
        return children >= 1;
      default:
        return children == 0;
    }
  }

  std::string_view text_;
  std::string_view rest_;
};

std::string quoted_list(const std::vector<std::string>& labels) {
  std::vector<std::string> quoted;
  for (const std::string& label : labels) quoted.push_back(quote_identifier(label));
  return join(quoted, ",");
}

Result<std::string> engine_members_sql(const Type& type) {
  std::vector<std::string> members;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    TRY_ASSIGN(const std::string child, engine_type_sql(type.children[i]));
    members.push_back(type.kind == TypeKind::kMap ? child
                                                  : quote_identifier(type.labels[i]) + " " + child);
  }
  return join(members, ", ");
}

}  // namespace

bool Type::operator==(const Type& other) const {
  return kind == other.kind && precision == other.precision && scale == other.scale &&
         length_max == other.length_max && fixed_length == other.fixed_length &&
         array_size == other.array_size && children == other.children && labels == other.labels;
}

Type simple_type(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type decimal_type(int precision, int scale) {
  Type type = simple_type(TypeKind::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

Type list_type(Type element) {
  Type type = simple_type(TypeKind::kList);
  type.children.push_back(std::move(element));
  return type;
}

std::string_view to_string(TypeKind kind) { return row_of(kind).name; }

std::string to_string(const Type& type) {
  std::string out(to_string(type.kind));
  if (type.kind == TypeKind::kEnum) out += "(" + quoted_list(type.labels) + ")";
  if (type.kind == TypeKind::kOther) out += "(" + quote_identifier(type.native_name) + ")";
  if (type.kind == TypeKind::kArray) out += fmt::format("({})", type.array_size);
  if (type.length_max > 0) {
    out += fmt::format("({}{})", type.length_max, type.fixed_length ? ",fixed" : "");
  }
  if (type.precision > 0) out += fmt::format("({},{})", type.precision, type.scale);
  if (type.children.empty()) return out;
  const bool named = type.kind == TypeKind::kStruct || type.kind == TypeKind::kUnion;
  std::vector<std::string> items;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    items.push_back((named ? quote_identifier(type.labels[i]) + ":" : "") +
                    to_string(type.children[i]));
  }
  return out + "<" + join(items, ",") + ">";
}

Result<Type> parse_type(std::string_view text) { return Parser(text).parse(); }

Result<std::string> engine_type_sql(const Type& type) {
  const KindRow& row = row_of(type.kind);
  if (!row.engine_sql.empty()) return std::string(row.engine_sql);
  switch (type.kind) {
    case TypeKind::kDecimal:
      return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case TypeKind::kEnum: {
      std::vector<std::string> labels;
      for (const std::string& label : type.labels) labels.push_back(quote_literal(label));
      return "ENUM(" + join(labels, ", ") + ")";
    }
    case TypeKind::kList: {
      TRY_ASSIGN(const std::string element, engine_type_sql(type.children.at(0)));
      return element + "[]";
    }
    case TypeKind::kArray: {
      TRY_ASSIGN(const std::string element, engine_type_sql(type.children.at(0)));
      return fmt::format("{}[{}]", element, type.array_size);
    }
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kUnion: {
      TRY_ASSIGN(const std::string members, engine_members_sql(type));
      const std::string_view word = type.kind == TypeKind::kStruct ? "STRUCT"
                                    : type.kind == TypeKind::kMap  ? "MAP"
                                                                   : "UNION";
      return fmt::format("{}({})", word, members);
    }
    default:
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("type \"{}\" is not supported", type.native_name)));
  }
}

bool is_integer(TypeKind kind) { return kind >= TypeKind::kInt8 && kind <= TypeKind::kUInt128; }

bool is_known(const Type& type) {
  return type.kind != TypeKind::kOther &&
         std::all_of(type.children.begin(), type.children.end(), is_known);
}

bool is_nested(TypeKind kind) { return kind >= TypeKind::kList && kind <= TypeKind::kUnion; }

}  // namespace sluice
