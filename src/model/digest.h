// The digest of a set of rows: version 1, defined in docs/formats/digest.md. It is a sum, modulo
// 2^128, of XXH3-128 hashes of the rows' canonical bytes, and a row count: independent of order,
// sensitive to multiplicity, and additive, so that chunks' digests sum to the table's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/batch.h"

namespace sluice {

inline constexpr int kDigestVersion = 1;

struct Digest {
  unsigned __int128 sum = 0;
  std::uint64_t rows = 0;

  Digest& operator+=(const Digest& other) {
    sum += other.sum;
    rows += other.rows;
    return *this;
  }
  bool operator==(const Digest&) const = default;
  std::string hex() const;  // 32 digits of the sum, most significant first
};
std::optional<unsigned __int128> parse_digest_hex(std::string_view text);

// Appends the canonical bytes of one value to `out` (docs/formats/digest.md, "Values").
void append_canonical(const ColumnView& column, std::size_t row, std::string& out);

// The digest of all rows of a batch.
Digest digest_of(const Batch& batch);

// Text of a value for people and for difference reports; NULL is nullopt. Exact: two values with
// different canonical bytes of one type have different texts.
std::optional<std::string> display_value(const ColumnView& column, std::size_t row);

}  // namespace sluice
