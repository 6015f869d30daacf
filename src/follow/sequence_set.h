// Which messages of a stream landed: a set of sequence numbers, kept as ranges.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::follow {

class SequenceSet {
 public:
  void add(std::uint64_t sequence) { add(sequence, sequence); }
  void add(std::uint64_t first, std::uint64_t last);
  bool contains(std::uint64_t sequence) const;
  std::uint64_t last() const { return ranges_.empty() ? 0 : ranges_.rbegin()->second; }
  bool empty() const { return ranges_.empty(); }
  std::size_t ranges() const { return ranges_.size(); }

  // "1-200,205"
  std::string text() const;
  // Errors: kCorrupt.
  static Result<SequenceSet> parse(std::string_view text);

  bool operator==(const SequenceSet&) const = default;

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first to last; none touches another
};

}  // namespace sluice::follow
