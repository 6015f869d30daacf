// One JSON object out of a text (RFC 8259), as views into it. Nothing is interpreted: a number is
// the digits that were written, a string what stands between its quotes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::records {

enum class JsonKind { kNull, kTrue, kFalse, kNumber, kString, kObject, kArray };

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;    // of a string without its quotes
  bool is_escaped = false;  // a string that has to be unescaped
};

struct JsonField {
  JsonValue name;  // a string
  JsonValue value;
};

// What a text is wrong at: a reason for people, and the byte.
struct JsonProblem {
  const char* what = nullptr;  // null: nothing is wrong
  std::size_t at = 0;
};

// Takes the object apart that `text` is, blanks around it allowed. Values are checked as deep as
// they go. `fields` is cleared first, so that its memory serves many rows.
JsonProblem parse_object(std::string_view text, std::vector<JsonField>& fields);
// The elements of the array that `text` is.
JsonProblem parse_array(std::string_view text, std::vector<JsonValue>& elements);

// Appends a string's meaning to `out`. Returns: false for half of a surrogate pair.
// Requires: `text` is of a JsonValue of kind kString.
bool unescape(std::string_view text, std::string& out);

// The length of the object that `text` begins with, found by brackets alone: 0 where its end is not
// in `text`.
std::size_t object_length(std::string_view text);

}  // namespace sluice::records
