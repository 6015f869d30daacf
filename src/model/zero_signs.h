// Which zeros the floating-point columns of a set of rows hold: -0.0 and 0.0 are equal and are two
// values, which a writer that looks values up in a dictionary makes one of.
#pragma once

#include <cstdint>
#include <vector>

#include "model/batch.h"

namespace sluice {

class ZeroSigns {
 public:
  // Looks inside of lists, structs and maps too.
  void add(const Batch& batch);
  // Requires: both are of rows with the same columns.
  void add(const ZeroSigns& other);
  // Whether one column has both.
  bool has_both() const;

 private:
  std::vector<std::uint8_t> by_column_;  // 1: 0.0, 2: -0.0; parts count for their column
};

}  // namespace sluice
