// The messages of a batch as lines of JSON, in memory, to be read as ingest reads a file.
#pragma once

#include <string>
#include <vector>

#include "ingest/input.h"

namespace sluice::follow {

class MessageLines {
 public:
  MessageLines() = default;
  ~MessageLines();
  MessageLines(const MessageLines&) = delete;
  MessageLines& operator=(const MessageLines&) = delete;

  // A line break within JSON is a blank; the text of a message that has one within a string is no
  // JSON before, and none after.
  void add(std::string_view data);
  std::size_t size() const { return size_; }
  // Valid as long as this object is.
  Result<ingest::Input> input();

 private:
  std::string text_;
  std::size_t size_ = 0;
  int file_ = -1;
};

}  // namespace sluice::follow
