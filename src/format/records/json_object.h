// One JSON object out of a text (RFC 8259), as views into it. Nothing is interpreted: a number is
// the digits that were written, a string what stands between its quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::records {

enum class JsonKind { kNull, kTrue, kFalse, kNumber, kString, kObject, kArray };

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;    // of a string without its quotes
  bool is_escaped = false;  // a string that has to be unescaped
  // Of a number of at most kPlainDigitsMax digits and no exponent: the digits as one whole number,
  // and how many of them stand behind the point. -1 for other values.
  std::uint64_t digits = 0;
  int behind = -1;
};
inline constexpr int kPlainDigitsMax = 18;

struct JsonField {
  JsonValue name;  // a string
  JsonValue value;
  // Equal only for equal names, among the fields in one place of one ObjectParser's objects; 0:
  // nothing is known.
  std::uint32_t name_id = 0;
};

// What a text is wrong at: a reason for people, and the byte.
struct JsonProblem {
  const char* what = nullptr;  // null: nothing is wrong
  std::size_t at = 0;
};

// Takes the object apart that `text` is, blanks around it allowed. Values are checked as deep as
// they go. `fields` is cleared first, so that its memory serves many rows.
JsonProblem parse_object(std::string_view text, std::vector<JsonField>& fields);

// The same for many objects that mostly have the same fields in the same order: what stands between
// two values is then compared with what stood there before, and not taken apart again.
class ObjectParser {
 public:
  JsonProblem parse(std::string_view text, std::vector<JsonField>& fields);

 private:
  friend class Parser;
  // What stands before the value in some place, with the name in it.
  struct Lead {
    std::string text;
    std::size_t name_begin = 0;
    std::size_t name_size = 0;
    bool is_escaped = false;
    std::uint32_t name_id = 0;
  };

  std::vector<Lead> leads_;  // by place
  std::uint32_t last_id_ = 0;
};

// The elements of the array that `text` is.
JsonProblem parse_array(std::string_view text, std::vector<JsonValue>& elements);

// Appends a string's meaning to `out`. Returns: false for half of a surrogate pair.
// Requires: `text` is of a JsonValue of kind kString.
bool unescape(std::string_view text, std::string& out);

// The length of the object that `text` begins with, found by brackets alone: 0 where its end is not
// in `text`.
std::size_t object_length(std::string_view text);

}  // namespace sluice::records
