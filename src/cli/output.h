// Standard output, written so that a full disk or a closed pipe is noticed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Buffered. Errors: by errno; kCancelled where the reader has closed the pipe.
  Status write(std::string_view text);
  // Writes what is buffered. Nothing is written on leaving the scope.
  [[nodiscard]] Status finish();
  // The reader went away: nothing that is written can arrive.
  bool reader_gone() const { return reader_gone_; }

 private:
  std::string buffer_;
  bool reader_gone_ = false;
};

// Standard error; what cannot be written there is lost.
void write_error_text(std::string_view text);

bool is_terminal(int fd);
// In columns; 0 where it is none.
int terminal_width(int fd);

}  // namespace sluice
