#include "endpoint/postgres/text_read.h"

#include <fmt/format.h>

#include <limits>

#include "base/text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

// Undoes COPY's escapes. Returns: false for an escape that the server does not write.
bool unescape(std::string_view field, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\') {
      out += field[i];
      continue;
    }
    if (++i == field.size()) return false;
    static constexpr std::string_view kNames = "bfnrtv\\";
    static constexpr std::string_view kMeanings = "\b\f\n\r\t\v\\";
    const std::size_t at = kNames.find(field[i]);
    if (at == std::string_view::npos) return false;
    out += kMeanings[at];
  }
  return true;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// bytea_output = hex: \x0a1b
std::optional<std::string> parse_bytea(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 2; i < text.size(); i += 2) {
    const int high = nibble(text[i]);
    const int low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

template <typename T>
bool store(ColumnWriter& out, std::size_t row, const std::optional<T>& value) {
  if (value) out.data<T>()[row] = *value;
  return value.has_value();
}

// Digits with a sign, and for seconds a fraction: whole part and microseconds.
struct Amount {
  bool negative = false;
  std::int64_t whole = 0;
  std::int64_t micros = 0;
  char unit = 0;
};

bool take_amount(std::string_view& rest, Amount& amount) {
  static constexpr int kDigitsMax = 18;
  amount = {};
  amount.negative = rest.starts_with('-');
  if (amount.negative || rest.starts_with('+')) rest.remove_prefix(1);
  int digits = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    if (++digits > kDigitsMax) return false;
    amount.whole = amount.whole * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
  }
  if (digits == 0) return false;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::int64_t unit = 100'000;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      if (unit == 0) return false;
      amount.micros += unit * (rest.front() - '0');
      unit /= 10;
      rest.remove_prefix(1);
    }
  }
  if (rest.empty()) return false;
  amount.unit = rest.front();
  rest.remove_prefix(1);
  return true;
}

bool take_item(std::string_view& rest, std::optional<std::string>& item) {
  std::string text;
  if (rest.starts_with('"')) {
    rest.remove_prefix(1);
    while (!rest.starts_with('"')) {
      if (rest.starts_with('\\')) rest.remove_prefix(1);
      if (rest.empty()) return false;
      text += rest.front();
      rest.remove_prefix(1);
    }
    rest.remove_prefix(1);
    item = std::move(text);
    return true;
  }
  while (!rest.empty() && rest.front() != ',' && rest.front() != '}') {
    if (rest.front() == '{') return false;  // another dimension
    if (rest.front() == '\\') rest.remove_prefix(1);
    if (rest.empty()) return false;
    text += rest.front();
    rest.remove_prefix(1);
  }
  if (text == "NULL") {
    item = std::nullopt;
  } else {
    item = std::move(text);
  }
  return true;
}

bool is_cast(TypeKind kind) {
  return is_integer(kind) || kind == TypeKind::kBoolean || kind == TypeKind::kFloat32 ||
         kind == TypeKind::kFloat64 || kind == TypeKind::kDecimal || kind == TypeKind::kUuid;
}

}  // namespace

Type delivered_type(const Type& asked) {
  if (is_cast(asked.kind)) return simple_type(TypeKind::kText);
  Type delivered = asked;
  for (Type& child : delivered.children) child = delivered_type(child);
  return delivered;
}

Result<std::string> delivered_sql(const std::string& name, const Type& asked) {
  const std::string quoted = quote_identifier(name);
  if (delivered_type(asked) == asked) return quoted;
  TRY_ASSIGN(const std::string sql, engine_type_sql(asked));
  return fmt::format("CAST({0} AS {1}) AS {0}", quoted, sql);
}

std::optional<IntervalCell> parse_iso_interval(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  __int128 months = 0;
  __int128 days = 0;
  __int128 micros = 0;
  bool in_time = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    Amount amount;
    if (!take_amount(text, amount)) return std::nullopt;
    const __int128 sign = amount.negative ? -1 : 1;
    if (amount.micros != 0 && !(in_time && amount.unit == 'S')) return std::nullopt;
    if (!in_time && amount.unit == 'Y') {
      months += sign * amount.whole * 12;
    } else if (!in_time && amount.unit == 'M') {
      months += sign * amount.whole;
    } else if (!in_time && amount.unit == 'D') {
      days += sign * amount.whole;
    } else if (in_time && amount.unit == 'H') {
      micros += sign * amount.whole * 3'600'000'000;
    } else if (in_time && amount.unit == 'M') {
      micros += sign * amount.whole * 60'000'000;
    } else if (in_time && amount.unit == 'S') {
      micros += sign * (static_cast<__int128>(amount.whole) * 1'000'000 + amount.micros);
    } else {
      return std::nullopt;
    }
  }
  const auto months_out = static_cast<std::int32_t>(months);
  const auto days_out = static_cast<std::int32_t>(days);
  const auto micros_out = static_cast<std::int64_t>(micros);
  if (months_out != months || days_out != days || micros_out != micros) return std::nullopt;
  return IntervalCell{months_out, days_out, micros_out};
}

bool parse_array(std::string_view text, std::vector<std::optional<std::string>>& items) {
  items.clear();
  if (!text.starts_with('{')) return false;  // "[0:1]={...}" starts elsewhere
  text.remove_prefix(1);
  if (text == "}") return true;
  while (true) {
    std::optional<std::string> item;
    if (!take_item(text, item)) return false;
    items.push_back(std::move(item));
    if (text.starts_with(',')) {
      text.remove_prefix(1);
      continue;
    }
    return text == "}";
  }
}

bool parse_record(std::string_view text, std::vector<std::optional<std::string>>& fields) {
  fields.clear();
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
  text = text.substr(1, text.size() - 2);
  std::optional<std::string> field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!quoted && c == ',') {
      fields.push_back(std::move(field));
      field.reset();
      continue;
    }
    if (!quoted && (c == '(' || c == ')')) return false;
    if (!field) field.emplace();
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      *field += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\') {
      if (++i == text.size()) return false;
      *field += text[i];
    } else {
      *field += c;
    }
  }
  fields.push_back(std::move(field));
  return !quoted;
}

TextDecoder::TextDecoder(std::string table, std::vector<SourceColumn> columns, bool check_utf8)
    : table_(std::move(table)), columns_(std::move(columns)), check_utf8_(check_utf8) {}

Result<bool> TextDecoder::decode(std::string_view message, std::vector<ColumnWriter>& out,
                                 std::size_t row) {
  const auto broken = [&](std::string_view what) {
    return fail(
        Error(ErrorKind::kCorrupt, fmt::format("the server's text COPY of {}: {}", table_, what))
            .about(table_));
  };
  if (!message.ends_with('\n')) return broken("a line does not end");
  message.remove_suffix(1);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool last = i + 1 == columns_.size();
    const std::size_t tab = message.find('\t');
    if (last != (tab == std::string_view::npos)) return broken("wrong number of fields");
    const std::string_view field = message.substr(0, tab);
    if (!last) message.remove_prefix(tab + 1);
    if (field == "\\N") {
      out[i].set_null(row);
      continue;
    }
    if (!unescape(field, scratch_)) return broken("unknown escape");
    const std::string text = scratch_;
    if (check_utf8_ && !is_valid_utf8(text)) return broken("text is not UTF-8");
    if (decode_cell(columns_[i].type, text, out[i], row)) continue;
    const std::string object = table_ + "." + columns_[i].name;
    return fail(Error(ErrorKind::kWouldLoseData,
                      fmt::format("column \"{}\" of {}: \"{}\" does not fit {}", columns_[i].name,
                                  table_, text, to_string(columns_[i].type)))
                    .about(object)
                    .advise("--accept-loss " + object + ":as_text"));
  }
  return true;
}

bool TextDecoder::decode_cell(const Type& type, std::string_view text, ColumnWriter& out,
                              std::size_t row) {
  switch (type.kind) {
    case TypeKind::kGeometry:  // the server's bytea
    case TypeKind::kBlob: {
      const auto bytes = parse_bytea(text);
      if (bytes) out.set_text(row, *bytes);
      return bytes.has_value();
    }
    case TypeKind::kBit:
      if (text.find_first_not_of("01") != std::string_view::npos) return false;
      out.set_text(row, bit_bytes(text));
      return true;
    case TypeKind::kDate:
      return store(out, row, parse_date(text));
    case TypeKind::kTime: {
      const auto nanos = parse_time_nanos(text);
      if (!nanos || *nanos % 1000 != 0) return false;
      out.data<std::int64_t>()[row] = *nanos / 1000;
      return true;
    }
    case TypeKind::kTimeTz:
      return store(out, row, parse_timetz(text));
    case TypeKind::kTimestamp:
      return store(out, row, parse_timestamp_micros(text));
    case TypeKind::kTimestampTz:
      return store(out, row, parse_timestamptz_micros(text));
    case TypeKind::kInterval:
      return store(out, row, parse_iso_interval(text));
    case TypeKind::kList:
      return decode_list(type, text, out, row);
    case TypeKind::kStruct:
      return decode_struct(type, text, out, row);
    default:
      out.set_text(row, text);
      return true;
  }
}

bool TextDecoder::decode_list(const Type& type, std::string_view text, ColumnWriter& out,
                              std::size_t row) {
  std::vector<std::optional<std::string>> items;
  if (!parse_array(text, items)) return false;
  const std::uint64_t first = out.add_list(row, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i]) {
      out.element().set_null(first + i);
    } else if (!decode_cell(type.children[0], *items[i], out.element(), first + i)) {
      return false;
    }
  }
  return true;
}

bool TextDecoder::decode_struct(const Type& type, std::string_view text, ColumnWriter& out,
                                std::size_t row) {
  std::vector<std::optional<std::string>> fields;
  if (!parse_record(text, fields) || fields.size() != type.children.size()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) {
      out.field(i).set_null(row);
    } else if (!decode_cell(type.children[i], *fields[i], out.field(i), row)) {
      return false;
    }
  }
  return true;
}

}  // namespace sluice::postgres
