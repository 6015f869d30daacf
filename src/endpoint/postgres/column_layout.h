// Cells of the usual types, each its length and its bytes, laid out many at a time. The format is
// described in binary_read.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "endpoint/postgres/out_buffer.h"
#include "model/batch.h"
#include "model/type.h"

namespace sluice::postgres {

inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::int32_t kNullLength = -1;

// All go over `rows` cells from `first` on.
struct ColumnLayout {
  // Adds to each row's size.
  void (*measure)(const ColumnView& column, std::size_t first, std::size_t rows,
                  std::size_t* sizes) = nullptr;
  // Writes at each row's cursor and moves it on. Returns how many there are before the first that
  // PostgreSQL cannot hold.
  std::size_t (*place)(const ColumnView& column, std::size_t first, std::size_t rows,
                       char** cursors) = nullptr;
  // Writes one behind the other. Returns as place().
  std::size_t (*append)(const ColumnView& column, std::size_t first, std::size_t rows,
                        OutBuffer& out) = nullptr;

  explicit operator bool() const { return append != nullptr; }
};

// Empty for a type whose cells are made one by one. `jsonb`: what JSON is written as.
ColumnLayout layout_of(const Type& type, bool jsonb);

}  // namespace sluice::postgres
