// Private to report: writes JSON as it comes, for documents that are too large to be built first,
// in the form that document() gives the others.
#pragma once

#include <string>
#include <string_view>

#include "report/json_parts.h"

namespace sluice {

class JsonWriter {
 public:
  // '{' or '[', and its counterpart.
  void begin(char bracket);
  void end(char bracket);
  void key(std::string_view name);  // plain ASCII; its value follows
  void text(const std::string& text);
  void number(std::uint64_t number);
  void number(std::int64_t number);
  void value(const Json& json);  // what is small

  std::string take() { return std::move(out_) + "\n"; }

 private:
  void begin_value();
  void new_line();

  std::string out_;
  std::size_t depth_ = 0;
  bool is_first_ = true;     // of what was begun last
  bool follows_key_ = true;  // no comma and no new line before what comes next
};

}  // namespace sluice
