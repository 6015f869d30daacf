// The bytes of an input file, unpacked where it is packed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::ingest {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Returns: how many bytes were put to `room`; 0 is the end. Errors: kCorrupt for packed bytes
  // that cannot be unpacked or that end too early; by errno.
  virtual Result<std::size_t> read(char* room, std::size_t bytes_max) = 0;
};

// `offset`: where to begin; 0 for a packed file.
Result<std::unique_ptr<ByteSource>> open_bytes(const std::filesystem::path& path, bool is_gzip,
                                               std::uint64_t offset);
// Whether the file begins as gzip does.
Result<bool> is_gzip_file(const std::filesystem::path& path);

// A moving window over the bytes: what was read and not yet dropped.
class Window {
 public:
  Window(std::unique_ptr<ByteSource> source, std::uint64_t position)
      : source_(std::move(source)), position_(position) {}

  std::string_view view() const { return {buffer_.data() + at_, end_ - at_}; }
  // Of the first byte in view, in the unpacked file.
  std::uint64_t position() const { return position_; }
  bool is_complete() const { return is_complete_; }  // nothing follows what is in view
  void drop(std::size_t bytes) {
    at_ += bytes;
    position_ += bytes;
  }
  // Adds bytes to the view. Errors: kLimit where a record is longer than kRecordBytesMax.
  Status more();

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t position_;
  bool is_complete_ = false;
};

inline constexpr std::size_t kRecordBytesMax = 256U << 20;

}  // namespace sluice::ingest
