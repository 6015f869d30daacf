#include "format/records/json_object.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::records {
namespace {

constexpr int kDepthMax = 200;

bool ends_run(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// The end of a run of plain bytes in a string: the quote, a backslash or a control character, or
// `end`. Eight bytes at once: a byte of `stops` has its top bit set where the byte is one of them;
// of bytes behind the first such one it says nothing.
const char* end_of_run(const char* at, const char* end) {
  static constexpr std::uint64_t kOnes = 0x0101010101010101U;
  static constexpr std::uint64_t kTops = 0x80 * kOnes;
  for (; end - at >= 8; at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    const std::uint64_t quotes = bytes ^ '"' * kOnes;
    const std::uint64_t slashes = bytes ^ '\\' * kOnes;
    const std::uint64_t stops = (((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes) |
                                 ((bytes - 0x20 * kOnes) & ~bytes)) &
                                kTops;
    if (stops != 0) return at + std::countr_zero(stops) / 8;
  }
  while (at < end && !ends_run(*at)) ++at;
  return at;
}
static_assert(std::endian::native == std::endian::little);

// Eight bytes at once, the last eight overlapping those before: calls cost more than what is short.
bool is_equal(const char* one, const char* other, std::size_t size) {
  if (size < 8) return std::memcmp(one, other, size) == 0;
  const auto differ_at = [&](std::size_t at) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, one + at, sizeof(left));
    std::memcpy(&right, other + at, sizeof(right));
    return left != right;
  };
  for (std::size_t at = 0; at + 8 < size; at += 8) {
    if (differ_at(at)) return false;
  }
  return !differ_at(size - 8);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

class Parser {
 public:
  explicit Parser(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(at_ + text.size()) {}

  bool is_end() const { return at_ == end_; }
  void skip_blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool wrong(const char* what) {
    if (problem_.what == nullptr) problem_ = {what, static_cast<std::size_t>(at_ - begin_)};
    return false;
  }
  JsonProblem problem() const { return problem_; }

  bool value(JsonValue& out, int depth);
  bool string(JsonValue& out);
  bool fields(std::vector<JsonField>* out, int depth);
  // Of an object that is no value of another one.
  bool fields_as_before(std::vector<JsonField>& out, ObjectParser& memory);
  bool elements(std::vector<JsonValue>* out, int depth);

 private:
  bool number(JsonValue& out);
  bool name(JsonValue& out);
  bool is_led_by(const ObjectParser::Lead& lead) const;
  bool escape();
  bool word(std::string_view text, JsonKind kind, JsonValue& out);
  bool digits();

  const char* begin_;
  const char* at_;
  const char* end_;
  JsonProblem problem_;
};

bool Parser::escape() {
  ++at_;
  if (at_ == end_) return wrong("a string without its end");
  switch (*at_++) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return true;
    case 'u':
      for (int i = 0; i < 4; ++i, ++at_) {
        const bool is_hex = at_ < end_ && ((*at_ >= '0' && *at_ <= '9') ||
                                           ((*at_ | 0x20) >= 'a' && (*at_ | 0x20) <= 'f'));
        if (!is_hex) return wrong("\\u without four hexadecimal digits");
      }
      return true;
    default:
      return wrong("an unknown escape in a string");
  }
}

bool Parser::string(JsonValue& out) {
  if (!take('"')) return wrong("a string was expected");
  const char* const first = at_;
  out.kind = JsonKind::kString;
  out.is_escaped = false;
  while (true) {
    at_ = end_of_run(at_, end_);
    if (at_ == end_) return wrong("a string without its end");
    if (*at_ == '"') break;
    if (*at_ != '\\') return wrong("a control character in a string");
    out.is_escaped = true;
    if (!escape()) return false;
  }
  out.text = {first, static_cast<std::size_t>(at_ - first)};
  ++at_;
  return true;
}

bool Parser::digits() {
  const char* const first = at_;
  while (at_ < end_ && is_digit(*at_)) ++at_;
  return at_ > first || wrong("a digit was expected");
}

bool Parser::number(JsonValue& out) {
  const char* const first = at_;
  std::uint64_t value = 0;
  const auto more_digits = [&] {
    const char* const begin = at_;
    for (; at_ < end_ && is_digit(*at_); ++at_) {
      value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
    }
    return at_ - begin;
  };
  take('-');
  std::ptrdiff_t count = 1;
  if (!take('0')) count = more_digits();
  std::ptrdiff_t behind = 0;
  const bool has_point = count > 0 && take('.');
  if (has_point) behind = more_digits();
  if (count == 0 || (has_point && behind == 0)) return wrong("a digit was expected");
  const bool has_exponent = at_ < end_ && (*at_ | 0x20) == 'e';
  if (has_exponent) {
    ++at_;
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  out = {JsonKind::kNumber, {first, static_cast<std::size_t>(at_ - first)}, false};
  if (!has_exponent && count + behind <= kPlainDigitsMax) {
    out.digits = value;
    out.behind = static_cast<int>(behind);
  }
  return true;
}

bool Parser::word(std::string_view text, JsonKind kind, JsonValue& out) {
  if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, text.size()) != text) {
    return wrong("a value was expected");
  }
  out = {kind, {at_, text.size()}, false};
  at_ += text.size();
  return true;
}

bool Parser::value(JsonValue& out, int depth) {
  if (at_ == end_) return wrong("a value was expected");
  const char* const first = at_;
  switch (*at_) {
    case '"':
      return string(out);
    case '{':
      if (!fields(nullptr, depth + 1)) return false;
      out = {JsonKind::kObject, {first, static_cast<std::size_t>(at_ - first)}, false};
      return true;
    case '[':
      if (!elements(nullptr, depth + 1)) return false;
      out = {JsonKind::kArray, {first, static_cast<std::size_t>(at_ - first)}, false};
      return true;
    case 't':
      return word("true", JsonKind::kTrue, out);
    case 'f':
      return word("false", JsonKind::kFalse, out);
    case 'n':
      return word("null", JsonKind::kNull, out);
    default:
      return number(out);
  }
}

// With the colon, up to the value.
bool Parser::name(JsonValue& out) {
  if (!string(out)) return false;
  skip_blanks();
  if (!take(':')) return wrong("a colon was expected");
  skip_blanks();
  return true;
}

bool Parser::fields(std::vector<JsonField>* out, int depth) {
  if (depth > kDepthMax) return wrong("brackets nested too deep");
  if (!take('{')) return wrong("an object was expected");
  skip_blanks();
  if (take('}')) return true;
  JsonField here;
  while (true) {
    JsonField& field = out == nullptr ? here : out->emplace_back();
    if (!name(field.name)) return false;
    if (!value(field.value, depth)) return false;
    skip_blanks();
    if (take('}')) return true;
    if (!take(',')) return wrong("a comma or a closing bracket was expected");
    skip_blanks();
  }
}

bool Parser::is_led_by(const ObjectParser::Lead& lead) const {
  const auto left = static_cast<std::size_t>(end_ - at_);
  return lead.text.size() <= left && is_equal(at_, lead.text.data(), lead.text.size());
}

bool Parser::fields_as_before(std::vector<JsonField>& out, ObjectParser& memory) {
  if (!take('{')) return wrong("an object was expected");
  for (std::size_t place = 0;; ++place) {
    if (place == memory.leads_.size()) memory.leads_.emplace_back();
    ObjectParser::Lead& lead = memory.leads_[place];
    const char* const begin = at_;
    if (lead.name_id == 0 || !is_led_by(lead)) {
      skip_blanks();
      if (take('}')) return true;
      if (place > 0 && !take(',')) return wrong("a comma or a closing bracket was expected");
      skip_blanks();
      JsonValue called;
      if (!name(called)) return false;
      lead = {{begin, static_cast<std::size_t>(at_ - begin)},
              static_cast<std::size_t>(called.text.data() - begin),
              called.text.size(),
              called.is_escaped,
              ++memory.last_id_};
    } else {
      at_ += lead.text.size();
      skip_blanks();
    }
    JsonField& field = out.emplace_back();
    field.name = {JsonKind::kString, {begin + lead.name_begin, lead.name_size}, lead.is_escaped};
    field.name_id = lead.name_id;
    if (!value(field.value, 0)) return false;
  }
}

bool Parser::elements(std::vector<JsonValue>* out, int depth) {
  if (depth > kDepthMax) return wrong("brackets nested too deep");
  if (!take('[')) return wrong("an array was expected");
  skip_blanks();
  if (take(']')) return true;
  JsonValue here;
  while (true) {
    if (!value(out == nullptr ? here : out->emplace_back(), depth)) return false;
    skip_blanks();
    if (take(']')) return true;
    if (!take(',')) return wrong("a comma or a closing bracket was expected");
    skip_blanks();
  }
}

namespace {

template <typename Parse>
JsonProblem parse_whole(std::string_view text, Parse&& parse) {
  Parser parser(text);
  parser.skip_blanks();
  if (parse(parser)) {
    parser.skip_blanks();
    if (!parser.is_end()) parser.wrong("something stands behind the value");
  }
  return parser.problem();
}

std::uint32_t hex4(const char* at) {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    out = out * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return out;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

}  // namespace

JsonProblem parse_object(std::string_view text, std::vector<JsonField>& fields) {
  fields.clear();
  return parse_whole(text, [&](Parser& parser) { return parser.fields(&fields, 0); });
}

JsonProblem ObjectParser::parse(std::string_view text, std::vector<JsonField>& fields) {
  fields.clear();
  return parse_whole(text, [&](Parser& parser) { return parser.fields_as_before(fields, *this); });
}

JsonProblem parse_array(std::string_view text, std::vector<JsonValue>& elements) {
  elements.clear();
  return parse_whole(text, [&](Parser& parser) { return parser.elements(&elements, 0); });
}

bool unescape(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    static constexpr std::string_view kLetters = "bfnrt";
    static constexpr std::string_view kMeanings = "\b\f\n\r\t";
    const std::size_t letter = kLetters.find(c);
    if (c != 'u') {
      out += letter == std::string_view::npos ? c : kMeanings[letter];
      continue;
    }
    std::uint32_t code = hex4(text.data() + i + 1);
    i += 4;
    if (code >= 0xDC00 && code < 0xE000) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (text.size() < i + 7 || text[i + 1] != '\\' || text[i + 2] != 'u') return false;
      const std::uint32_t low = hex4(text.data() + i + 3);
      if (low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      i += 6;
    }
    append_utf8(code, out);
  }
  return true;
}

std::size_t object_length(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace sluice::records
