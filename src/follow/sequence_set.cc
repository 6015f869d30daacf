#include "follow/sequence_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.h"

namespace sluice::follow {

void SequenceSet::add(std::uint64_t first, std::uint64_t last) {
  auto at = ranges_.upper_bound(first);
  // The range before may reach up to it.
  if (at != ranges_.begin() && std::prev(at)->second + 1 >= first) --at;
  while (at != ranges_.end() && at->first <= last + 1) {
    first = std::min(first, at->first);
    last = std::max(last, at->second);
    at = ranges_.erase(at);
  }
  ranges_.emplace_hint(at, first, last);
}

bool SequenceSet::contains(std::uint64_t sequence) const {
  const auto above = ranges_.upper_bound(sequence);
  return above != ranges_.begin() && std::prev(above)->second >= sequence;
}

std::string SequenceSet::text() const {
  std::string out;
  for (const auto& [first, last] : ranges_) {
    if (!out.empty()) out += ',';
    out += first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
  }
  return out;
}

Result<SequenceSet> SequenceSet::parse(std::string_view text) {
  SequenceSet out;
  if (text.empty()) return out;
  for (const std::string& range : split(text, ',')) {
    std::uint64_t first = 0;
    const char* const end = range.data() + range.size();
    auto [rest, code] = std::from_chars(range.data(), end, first);
    std::uint64_t last = first;
    if (code == std::errc() && rest != end && *rest == '-') {
      std::tie(rest, code) = [&] {
        const auto parsed = std::from_chars(rest + 1, end, last);
        return std::pair(parsed.ptr, parsed.ec);
      }();
    }
    if (code != std::errc() || rest != end || last < first) {
      return fail(ErrorKind::kCorrupt,
                  fmt::format("\"{}\" is no range of a stream's sequence numbers", range));
    }
    out.add(first, last);
  }
  return out;
}

}  // namespace sluice::follow
