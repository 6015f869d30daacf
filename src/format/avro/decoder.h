// Avro's binary encoding, read and written value by value ("Binary Encoding").
//
// The reader remembers its first error and from then on gives zeros, empty texts and blocks without
// items: a loop over damaged bytes ends by itself, and is asked once, at its end.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/avro/schema.h"

namespace sluice::avro {

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  bool boolean();
  std::int32_t integer();
  std::int64_t number() {  // Avro's long
    if (at_ < bytes_.size() && static_cast<signed char>(bytes_[at_]) >= 0) {
      const auto raw = static_cast<std::uint64_t>(bytes_[at_++]);
      return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
    }
    return long_number();
  }
  float float32();
  double float64();
  std::string_view text();  // bytes too; a view of what is decoded
  std::string_view raw(std::size_t size);
  // Which branch of a union, or which symbol of an enum. Requires: 0 < count.
  std::size_t index(std::size_t count);
  // How many items the next block of an array or map has; 0 at its end.
  std::int64_t block();
  // To be called for each item with the position before it: items of no bytes are counted, so that
  // a damaged count cannot make more of them than fit into memory.
  void item_read(std::size_t before) {
    if (at_ == before && ++empty_items_ > kEmptyItemsMax) fail("it has too many empty items");
  }
  // Around each record, array and map: false where data is nested without end.
  bool enter();
  void leave() { --depth_; }

  void skip(const Schema& schema, NodeId id);

  void fail(std::string what);
  bool ok() const { return !failed_; }
  std::size_t position() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }
  // Errors: kCorrupt with the first thing that was wrong and where.
  Status status() const;

  static constexpr std::int64_t kEmptyItemsMax = 1 << 20;
  static constexpr int kDepthMax = 200;

 private:
  std::int64_t long_number();

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
  int depth_ = 0;
  std::int64_t empty_items_ = 0;
  std::size_t failed_at_ = 0;
  std::string what_;
};

class Encoder {
 public:
  void boolean(bool value) { out_ += static_cast<char>(value ? 1 : 0); }
  void number(std::int64_t value);
  void float32(float value) { append(&value, sizeof value); }
  void float64(double value) { append(&value, sizeof value); }
  void text(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    out_ += value;
  }
  void raw(std::string_view value) { out_ += value; }

  const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }
  void clear() { out_.clear(); }

 private:
  void append(const void* value, std::size_t size) {
    out_.append(static_cast<const char*>(value), size);
  }

  std::string out_;
};

}  // namespace sluice::avro
