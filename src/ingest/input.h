// An input of a batch: a file that is read in place, or the spool of a stream or a URL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::ingest {

enum class InputFormat { kUnknown, kJson, kCsv };

enum class InputShape {
  kLines,    // an object a line: a broken line is one row
  kObjects,  // an array of objects, or objects one behind the other, over any lines
  kCsv,
};

struct Input {
  std::string name;  // what was typed, or what a folder holds; never a secret
  std::filesystem::path path;
  bool is_gzip = false;
  InputShape shape = InputShape::kLines;
  std::uint64_t bytes = 0;  // of the file
  std::string stamp;        // tells whether it is the same content again
  std::string broken;       // why nothing of it is read; "" where it is
};

// Fills shape, is_gzip and broken by the file's name and its first bytes.
Status look_at(Input& input, InputFormat format);

}  // namespace sluice::ingest
