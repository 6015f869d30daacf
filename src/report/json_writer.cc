#include "report/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kIndent = 2;

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

void JsonWriter::new_line() {
  out_ += '\n';
  out_.append(depth_ * kIndent, ' ');
}

void JsonWriter::begin_value() {
  if (!std::exchange(follows_key_, false)) {
    if (!is_first_) out_ += ',';
    new_line();
  }
  is_first_ = false;
}

void JsonWriter::begin(char bracket) {
  begin_value();
  out_ += bracket;
  ++depth_;
  is_first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (!is_first_) new_line();
  out_ += bracket;
  is_first_ = false;
}

void JsonWriter::key(std::string_view name) {
  begin_value();
  fmt::format_to(std::back_inserter(out_), "\"{}\": ", name);
  follows_key_ = true;
}

void JsonWriter::text(const std::string& text) {
  if (!is_plain(text)) return value(Json(text));
  begin_value();
  out_ += '"';
  out_ += text;
  out_ += '"';
}

void JsonWriter::number(std::uint64_t number) {
  begin_value();
  fmt::format_to(std::back_inserter(out_), "{}", number);
}

void JsonWriter::number(std::int64_t number) {
  begin_value();
  fmt::format_to(std::back_inserter(out_), "{}", number);
}

void JsonWriter::value(const Json& json) {
  begin_value();
  const std::string text = json.dump(kIndent, ' ', false, Json::error_handler_t::replace);
  out_ += replace_all(text, "\n", "\n" + std::string(depth_ * kIndent, ' '));
}

}  // namespace sluice
