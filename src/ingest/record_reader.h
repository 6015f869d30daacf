// The records of an input, one after the other, in all its formats alike.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/records/json_object.h"
#include "ingest/byte_source.h"
#include "ingest/input.h"

namespace sluice::ingest {

// A range of an input's bytes: the records that begin in it.
struct InputPart {
  std::size_t input = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
};

struct Record {
  // A field of a CSV is a value of kind kNumber: bare, of any type; or kNull.
  std::vector<records::JsonField> fields;
  std::string_view raw;
  // Of the line that it begins on, or of the object, counted from 0 within the part.
  std::uint64_t ordinal = 0;
  std::string problem;  // why it is no record; "" where it is
};

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // Returns: false at the end. What `record` views lives until the next call.
  // Errors: kCorrupt where the input as a whole is broken.
  virtual Result<bool> next(Record& record) = 0;
  // Lines or objects so far.
  virtual std::uint64_t passed() const = 0;
};

Result<std::unique_ptr<RecordReader>> open_records(const Input& input, const InputPart& part);

// Parts of about the same size, where the input can be parted.
std::vector<InputPart> parts_of(const Input& input, std::size_t index);

}  // namespace sluice::ingest
